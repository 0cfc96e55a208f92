import type { PictureSize } from './picture-size.js';

/** Columns and rows of the luma thumbnail that motion and blends are seen in. */
export const GRID_COLUMNS = 32;
export const GRID_ROWS = 18;
export const LUMA_BINS = 32;
const CHROMA_BINS = 16;
export const HISTOGRAM_BINS = LUMA_BINS + 2 * CHROMA_BINS;

/** What shot detection keeps of one frame. Luma is 0 (black) to 255 (white), stretched from studio range. */
export interface FrameMeasures {
  seconds: number;
  /** Mean luma of GRID_ROWS × GRID_COLUMNS cells, row after row. */
  grid: Float32Array;
  /** Shares of luma, then U, then V values; each of the three sums to 1. */
  histogram: Float32Array;
  meanLuma: number;
  /** Standard deviation of luma. */
  contrast: number;
  /** Mean absolute difference of horizontal neighbours: low where the picture is blurred or flat. */
  sharpness: number;
}

/** Studio range (BT.601): luma from 16 to 235, chroma 224 levels around 128. */
const BLACK = 16;
const LUMA_SCALE = 255 / 219;
const CHROMA_SCALE = 255 / 224;

/** Of each of 256 values, the bin that it falls into. */
const lumaBin = binsOf((value) => ((value - BLACK) * LUMA_SCALE * LUMA_BINS) / 256, LUMA_BINS);
const chromaBin = binsOf((value) => ((128 + (value - 128) * CHROMA_SCALE) * CHROMA_BINS) / 256, CHROMA_BINS);

function binsOf(position: (value: number) => number, bins: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.min(bins - 1, Math.max(0, Math.floor(position(value)))),
  );
}

/** Turns a luma level of studio range into one of full range. */
const stretched = (luma: number) => (luma - BLACK) * LUMA_SCALE;

/**
 * @param data planar 4:2:0, studio range
 * @param seconds time of the frame
 */
export function measureFrame(data: Uint8Array, size: PictureSize, seconds: number): FrameMeasures {
  const { width, height } = size;
  const edges = Array.from({ length: GRID_COLUMNS + 1 }, (_, column) =>
    Math.round((column * width) / GRID_COLUMNS),
  );
  const sums = new Float64Array(GRID_ROWS * GRID_COLUMNS);
  const rowsIn = new Uint16Array(GRID_ROWS);
  const counts = new Uint32Array(256);
  let steps = 0;
  for (let y = 0; y < height; y++) {
    const gridRow = Math.floor((y * GRID_ROWS) / height);
    rowsIn[gridRow] = (rowsIn[gridRow] as number) + 1;
    const row = y * width;
    let left = data[row] as number;
    for (let column = 0; column < GRID_COLUMNS; column++) {
      const end = row + (edges[column + 1] as number);
      let sum = 0;
      for (let at = row + (edges[column] as number); at < end; at++) {
        const luma = data[at] as number;
        counts[luma] = (counts[luma] as number) + 1;
        const step = luma - left;
        const sign = step >> 31; // |step| without a branch, which noise would mispredict
        steps += (step ^ sign) - sign;
        left = luma;
        sum += luma;
      }
      const cell = gridRow * GRID_COLUMNS + column;
      sums[cell] = (sums[cell] as number) + sum;
    }
  }
  const pixels = width * height;
  const { mean, deviation } = moments(counts, pixels);
  return {
    seconds,
    grid: gridOf(sums, edges, rowsIn),
    histogram: histogramOf(data, counts, size),
    meanLuma: stretched(mean),
    contrast: deviation * LUMA_SCALE,
    sharpness: (steps / pixels) * LUMA_SCALE,
  };
}

function gridOf(sums: Float64Array, edges: readonly number[], rowsIn: Uint16Array): Float32Array {
  const grid = new Float32Array(sums.length);
  for (let row = 0; row < GRID_ROWS; row++) {
    for (let column = 0; column < GRID_COLUMNS; column++) {
      const columns = (edges[column + 1] as number) - (edges[column] as number);
      const cell = row * GRID_COLUMNS + column;
      grid[cell] = stretched((sums[cell] as number) / Math.max(1, columns * (rowsIn[row] as number)));
    }
  }
  return grid;
}

function moments(counts: Uint32Array, pixels: number): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let luma = 0; luma < 256; luma++) {
    const count = counts[luma] as number;
    sum += luma * count;
    squares += luma * luma * count;
  }
  const mean = sum / pixels;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / pixels - mean * mean)) };
}

function histogramOf(
  data: Uint8Array,
  lumaCounts: Uint32Array,
  { width, height }: PictureSize,
): Float32Array {
  const histogram = new Float32Array(HISTOGRAM_BINS);
  const lumaShare = 1 / (width * height);
  for (let luma = 0; luma < 256; luma++) {
    const bin = lumaBin[luma] as number;
    histogram[bin] = (histogram[bin] as number) + (lumaCounts[luma] as number) * lumaShare;
  }
  const chromaPixels = (width * height) / 4;
  const chromaShare = 1 / chromaPixels;
  for (let plane = 0; plane < 2; plane++) {
    const first = LUMA_BINS + plane * CHROMA_BINS;
    const start = width * height + plane * chromaPixels;
    for (let at = start; at < start + chromaPixels; at++) {
      const bin = first + (chromaBin[data[at] as number] as number);
      histogram[bin] = (histogram[bin] as number) + chromaShare;
    }
  }
  return histogram;
}

/** Difference of two frames' colours, 0 (the same) to 1 (nothing in common), wherever they stand in the picture. */
export function colourDistance(a: FrameMeasures, b: FrameMeasures): number {
  let distance = 0;
  for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
    distance += Math.abs((a.histogram[bin] as number) - (b.histogram[bin] as number));
  }
  return distance / 6; // three histograms, each differing by at most 2
}

/** Mean absolute difference of the luma grids, 0 to 255. */
export function gridDistance(a: FrameMeasures, b: FrameMeasures): number {
  let distance = 0;
  for (let cell = 0; cell < a.grid.length; cell++) {
    distance += Math.abs((a.grid[cell] as number) - (b.grid[cell] as number));
  }
  return distance / a.grid.length;
}

/**
 * `gridDistance` after the best shift by up to one cell each way: a camera that moves makes it small,
 * a cut does not.
 */
export function movedGridDistance(a: FrameMeasures, b: FrameMeasures): number {
  let best = Number.POSITIVE_INFINITY;
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) best = Math.min(best, shiftedDistance(a.grid, b.grid, dx, dy));
  }
  return best;
}

function shiftedDistance(a: Float32Array, b: Float32Array, dx: number, dy: number): number {
  let distance = 0;
  for (let y = 1; y < GRID_ROWS - 1; y++) {
    const here = y * GRID_COLUMNS;
    const there = (y + dy) * GRID_COLUMNS + dx;
    for (let x = 1; x < GRID_COLUMNS - 1; x++) {
      distance += Math.abs((a[here + x] as number) - (b[there + x] as number));
    }
  }
  return distance / ((GRID_ROWS - 2) * (GRID_COLUMNS - 2));
}
