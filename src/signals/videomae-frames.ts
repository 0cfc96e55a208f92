/** Pixels of one side of a frame that VideoMAE sees. */
export const SIDE = 224;
export const CLIP_FRAMES = 16;
const CHANNELS = 3;

/** Pillow's fixed point for 8-bit pictures: 32 bits less 8 of the pixel and 2 for sums that overshoot. */
const FRACTION_BITS = 22;

/** RGB24, row after row. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/**
 * A frame as VideoMAE's image processor makes it: the shorter side to 224 by Pillow's bilinear filter (which
 * averages over all pixels that shrink into one), then the middle 224 × 224. Scaling to 0 … 1 and normalising are
 * part of the graph.
 * @returns 224 × 224 × 3 bytes
 */
export function videomaeFrame(picture: Picture): Uint8Array {
  const { width, height } = resizedDims(picture);
  const resized = resizeBilinear(picture, width, height);
  return cropMiddle(resized, SIDE);
}

/** Shorter side 224, the longer one in proportion and cut to a whole number, as the processor does. */
export function resizedDims({ width, height }: { width: number; height: number }): {
  width: number;
  height: number;
} {
  return width <= height
    ? { width: SIDE, height: Math.trunc((SIDE * height) / width) }
    : { width: Math.trunc((SIDE * width) / height), height: SIDE };
}

/** Pillow's two passes, across and then down, each rounded to bytes. */
export function resizeBilinear(picture: Picture, width: number, height: number): Picture {
  const across = picture.width === width ? picture : resizeRows(picture, width);
  if (across.height === height) return across;
  return turn(resizeRows(turn(across), height));
}

/** Triangle filter across each row. */
function resizeRows({ width, height, data }: Picture, newWidth: number): Picture {
  const taps = trianglePlan(width, newWidth);
  const out = new Uint8Array(newWidth * height * CHANNELS);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < newWidth; column++) {
      const { start, weights } = taps[column]!;
      for (let channel = 0; channel < CHANNELS; channel++) {
        // Sums stay below 2⁵³: products of 8 and 22 bits, at most a few hundred of them.
        let sum = 2 ** (FRACTION_BITS - 1);
        for (let i = 0; i < weights.length; i++) {
          sum += weights[i]! * data[(row * width + start + i) * CHANNELS + channel]!;
        }
        out[(row * newWidth + column) * CHANNELS + channel] = Math.max(
          0,
          Math.min(255, Math.floor(sum / 2 ** FRACTION_BITS)),
        );
      }
    }
  }
  return { width: newWidth, height, data: out };
}

interface Taps {
  start: number;
  /** In units of 2⁻²². */
  weights: Int32Array;
}

/** For each new pixel, the old pixels under the triangle around it, which is as wide as the shrinking asks for. */
function trianglePlan(width: number, newWidth: number): Taps[] {
  const scale = width / newWidth;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: newWidth }, (_, column) => {
    const centre = (column + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - stretch + 0.5));
    const end = Math.min(width, Math.trunc(centre + stretch + 0.5));
    const heights = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs((start + i - centre + 0.5) / stretch)),
    );
    const total = heights.reduce((sum, value) => sum + value, 0);
    return {
      start,
      weights: Int32Array.from(heights, (value) => Math.trunc((value / total) * 2 ** FRACTION_BITS + 0.5)),
    };
  });
}

/** Rows become columns. */
function turn({ width, height, data }: Picture): Picture {
  const turned = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * CHANNELS;
      const to = (column * height + row) * CHANNELS;
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return { width: height, height: width, data: turned };
}

function cropMiddle({ width, height, data }: Picture, side: number): Uint8Array {
  const left = Math.floor((width - side) / 2);
  const top = Math.floor((height - side) / 2);
  const out = new Uint8Array(side * side * CHANNELS);
  for (let row = 0; row < side; row++) {
    const from = ((top + row) * width + left) * CHANNELS;
    out.set(data.subarray(from, from + side * CHANNELS), row * side * CHANNELS);
  }
  return out;
}
