import {
  type BlendKernel,
  createBlendKernel,
  FRACTION_BITS,
  PLAN_NUMBERS,
  SPARE_BYTES,
  TAPS,
} from './blend-kernel.js';

/** Pixels on each side of a frame that video encoders of the VideoMAE family see. */
export const CLIP_SIDE = 224;
const CHANNELS = 3;
const ROW_BYTES = CLIP_SIDE * CHANNELS;

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

function usedSpan({ starts }: Taps, length: number): [first: number, length: number] {
  const first = Math.max(0, (starts[0]! - MARGIN) & ~1);
  const end = Math.min(length, (starts[CLIP_SIDE - 1]! + TAPS + MARGIN + 1) & ~1);
  return [first, end - first];
}

type Size = Pick<Picture, 'width' | 'height'>;

/** The taps of each new column and row of the middle. */
interface Plans {
  columns: Taps;
  rows: Taps;
}

/** By the size they belong to: all frames of a clip share one. */
const plans = new WeakMap<Size, Plans>();

function plansOf(picture: Size): Plans {
  const known = plans.get(picture);
  if (known) return known;
  const { width, height } = resizedDims(picture);
  const made = {
    columns: trianglePlan(picture.width, width, Math.floor((width - CLIP_SIDE) / 2)),
    rows: trianglePlan(picture.height, height, Math.floor((height - CLIP_SIDE) / 2)),
  };
  plans.set(picture, made);
  return made;
}

/**
 * A frame as VideoMAE's image processor makes it, to the byte: the shorter side to 224 by Pillow's bilinear filter
 * (which averages over all pixels that shrink into one), then the middle 224 × 224. Only what stays is computed.
 * @param part of the picture, at least what `usedRegion` names
 * @param whole size of the picture, and where the part lies in it
 * @returns 224 × 224 × 3 bytes
 * @throws RangeError when the shorter side has more than 392 pixels, which `normalisedSize` never gives
 */
export function clipFrame(
  part: Picture,
  whole: Size & Pick<Region, 'x' | 'y'> = { ...part, x: 0, y: 0 },
): Uint8Array {
  const { columns, rows } = plansOf(whole);
  const narrowBytes = part.height * ROW_BYTES;
  const at = layoutOf(part.data.length, narrowBytes);
  kernel ??= createBlendKernel(CLIP_SIDE);
  kernel.grow(at.end);
  writePlan(kernel, at.columns, { taps: columns, first: whole.x, stepBytes: CHANNELS });
  writePlan(kernel, at.rows, { taps: rows, first: whole.y, stepBytes: ROW_BYTES });
  kernel.bytes.set(part.data, at.picture);
  kernel.columns(at.picture, part.width * CHANNELS, at.columns, at.narrow, part.height);
  kernel.rows(at.narrow, at.rows, at.frame);
  return kernel.bytes.slice(at.frame, at.frame + CLIP_SIDE * ROW_BYTES);
}

/** One a thread: nothing else runs while it works. */
let kernel: BlendKernel | null = null;

const PLAN_BYTES = 4 * PLAN_NUMBERS * CLIP_SIDE;

/** Where in the kernel's memory what stands. */
function layoutOf(pictureBytes: number, narrowBytes: number) {
  const picture = 2 * PLAN_BYTES;
  const narrow = picture + pictureBytes + SPARE_BYTES;
  const frame = narrow + narrowBytes + SPARE_BYTES;
  return {
    columns: 0,
    rows: PLAN_BYTES,
    picture,
    narrow,
    frame,
    end: frame + CLIP_SIDE * ROW_BYTES + SPARE_BYTES,
  };
}

/** @param first old pixel or row of the picture that is there, `stepBytes` from one to the next */
function writePlan(
  { numbers }: BlendKernel,
  address: number,
  { taps, first, stepBytes }: { taps: Taps; first: number; stepBytes: number },
): void {
  let to = address / numbers.BYTES_PER_ELEMENT;
  for (let i = 0; i < CLIP_SIDE; i++) {
    numbers[to++] = (taps.starts[i]! - first) * stepBytes;
    for (let k = 0; k < TAPS; k++) numbers[to++] = taps.weights[TAPS * i + k]!;
  }
}

/** Shorter side 224, the longer one in proportion and cut to a whole number, as the processor does. */
export function resizedDims({ width, height }: Size): Size {
  return width <= height
    ? { width: CLIP_SIDE, height: Math.trunc((CLIP_SIDE * height) / width) }
    : { width: Math.trunc((CLIP_SIDE * width) / height), height: CLIP_SIDE };
}

/** A triangle that reaches this far to each side covers at most four pixels. */
const MAX_SHRINKING = 1.75;

/** The old pixels under each of the 224 new ones: TAPS from `starts[i]` on, weighted by `weights[TAPS * i …]`. */
interface Taps {
  starts: Int32Array;
  /** In units of 2⁻²²: Pillow's 32 bits less 8 of the pixel and 2 for sums that overshoot. Each pixel's sum to 1. */
  weights: Int32Array;
}

/**
 * For each of the 224 new pixels from `first` on, the old pixels under the triangle around it, which is as wide as
 * the shrinking asks for. At the picture's end unused weights stand in front, so that nothing behind it is read.
 */
function trianglePlan(length: number, newLength: number, first: number): Taps {
  const scale = length / newLength;
  if (scale > MAX_SHRINKING) throw new RangeError(`${length} pixels are too many to become ${newLength}`);
  const stretch = Math.max(scale, 1);
  const starts = new Int32Array(CLIP_SIDE);
  const weights = new Int32Array(TAPS * CLIP_SIDE);
  for (let i = 0; i < CLIP_SIDE; i++) {
    const centre = (first + i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - stretch + 0.5));
    const end = Math.min(length, Math.trunc(centre + stretch + 0.5));
    const heights = Array.from({ length: end - begin }, (_, k) =>
      Math.max(0, 1 - Math.abs((begin + k - centre + 0.5) / stretch)),
    );
    const total = heights.reduce((sum, value) => sum + value, 0);
    const start = Math.max(0, Math.min(begin, length - TAPS));
    starts[i] = start;
    heights.forEach((value, k) => {
      weights[TAPS * i + begin - start + k] = Math.trunc((value / total) * 2 ** FRACTION_BITS + 0.5);
    });
  }
  return { starts, weights };
}
