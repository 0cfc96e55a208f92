/** Pixels on each side of a frame that video encoders of the VideoMAE family see. */
export const CLIP_SIDE = 224;
const CHANNELS = 3;
const ROW_BYTES = CLIP_SIDE * CHANNELS;

/** Pillow's fixed point for 8-bit pictures: 32 bits less 8 of the pixel and 2 for sums that overshoot. */
const FRACTION_BITS = 22;
const HALF = 2 ** (FRACTION_BITS - 1);

/** RGB24, row after row. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A rectangle of a picture, in its pixels. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Pixels around what is used: colour, which is stored at half the size, is blended from its neighbours. */
const MARGIN = 8;

/** All of a picture that its clip frame is made of. Its corners are even, where 4:2:0 pictures can be cut. */
export function usedRegion(picture: Size): Region {
  const { columns, rows } = plansOf(picture);
  const [x, width] = usedSpan(columns, picture.width);
  const [y, height] = usedSpan(rows, picture.height);
  return { x, y, width, height };
}

function usedSpan(taps: readonly Taps[], length: number): [first: number, length: number] {
  const last = taps[taps.length - 1]!;
  const first = Math.max(0, (taps[0]!.start - MARGIN) & ~1);
  const end = Math.min(length, (last.start + last.weights.length + MARGIN + 1) & ~1);
  return [first, end - first];
}

type Size = Pick<Picture, 'width' | 'height'>;

function plansOf(picture: Size): { columns: Taps[]; rows: Taps[] } {
  const { width, height } = resizedDims(picture);
  return {
    columns: trianglePlan(picture.width, width, Math.floor((width - CLIP_SIDE) / 2)),
    rows: trianglePlan(picture.height, height, Math.floor((height - CLIP_SIDE) / 2)),
  };
}

/**
 * A frame as VideoMAE's image processor makes it, to the byte: the shorter side to 224 by Pillow's bilinear filter
 * (which averages over all pixels that shrink into one), then the middle 224 × 224. Only what stays is computed.
 * @param part of the picture, at least what `usedRegion` names
 * @param whole size of the picture, and where the part lies in it
 * @returns 224 × 224 × 3 bytes
 */
export function clipFrame(
  part: Picture,
  whole: Size & Pick<Region, 'x' | 'y'> = { ...part, x: 0, y: 0 },
): Uint8Array {
  const { columns, rows } = plansOf(whole);
  return blendRows(blendColumns(part, moved(columns, whole.x)), moved(rows, whole.y));
}

function moved(taps: readonly Taps[], by: number): Taps[] {
  return taps.map(({ start, weights }) => ({ start: start - by, weights }));
}

/** Shorter side 224, the longer one in proportion and cut to a whole number, as the processor does. */
export function resizedDims({ width, height }: Size): Size {
  return width <= height
    ? { width: CLIP_SIDE, height: Math.trunc((CLIP_SIDE * height) / width) }
    : { width: Math.trunc((CLIP_SIDE * width) / height), height: CLIP_SIDE };
}

interface Taps {
  start: number;
  /** In units of 2⁻²²; they sum to 1, so that sums of bytes stay below 2³¹. */
  weights: Int32Array;
}

/**
 * For each of the 224 new pixels from `first` on, the old pixels under the triangle around it, which is as wide as
 * the shrinking asks for.
 */
function trianglePlan(length: number, newLength: number, first: number): Taps[] {
  const scale = length / newLength;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: CLIP_SIDE }, (_, i) => {
    const centre = (first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - stretch + 0.5));
    const end = Math.min(length, Math.trunc(centre + stretch + 0.5));
    const heights = Array.from({ length: end - start }, (_, k) =>
      Math.max(0, 1 - Math.abs((start + k - centre + 0.5) / stretch)),
    );
    const total = heights.reduce((sum, value) => sum + value, 0);
    const weights = heights.map((value) => Math.trunc((value / total) * 2 ** FRACTION_BITS + 0.5));
    return { start, weights: Int32Array.from(weights) };
  });
}

/** Pillow's first pass, rounded to bytes: rows × 224 × 3. */
function blendColumns({ width, height, data }: Picture, columns: readonly Taps[]): Uint8Array {
  const out = new Uint8Array(height * ROW_BYTES);
  for (let row = 0; row < height; row++) {
    let to = row * ROW_BYTES;
    for (const { start, weights } of columns) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let from = (row * width + start) * CHANNELS;
      for (let k = 0; k < weights.length; k++, from += CHANNELS) {
        const weight = weights[k]!;
        red = (red + weight * data[from]!) | 0;
        green = (green + weight * data[from + 1]!) | 0;
        blue = (blue + weight * data[from + 2]!) | 0;
      }
      out[to++] = toByte(red);
      out[to++] = toByte(green);
      out[to++] = toByte(blue);
    }
  }
  return out;
}

/** Pillow's second pass. */
function blendRows(data: Uint8Array, rows: readonly Taps[]): Uint8Array {
  const out = new Uint8Array(CLIP_SIDE * ROW_BYTES);
  const sums = new Int32Array(ROW_BYTES);
  for (const [row, { start, weights }] of rows.entries()) {
    sums.fill(HALF);
    for (const [k, weight] of weights.entries()) {
      const from = (start + k) * ROW_BYTES;
      for (let i = 0; i < ROW_BYTES; i++) sums[i] = sums[i]! + weight * data[from + i]!;
    }
    for (let i = 0; i < ROW_BYTES; i++) out[row * ROW_BYTES + i] = toByte(sums[i]!);
  }
  return out;
}

/** Rounded weights can sum to a little more than 1. */
function toByte(sum: number): number {
  const value = sum >> FRACTION_BITS;
  return value > 255 ? 255 : value;
}
