import type { PictureSize } from './picture-size.js';

/** Columns and rows of the luma thumbnail that motion and blends are seen in. */
export const GRID_COLUMNS = 32;
export const GRID_ROWS = 18;
const LUMA_BINS = 32;
const CHROMA_BINS = 16;
export const HISTOGRAM_BINS = LUMA_BINS + 2 * CHROMA_BINS;

/** What shot detection keeps of one frame. Luma is 0 (black) to 255 (white). */
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

/**
 * @param data planar 4:2:0, full range
 * @param seconds time of the frame
 */
export function measureFrame(data: Uint8Array, size: PictureSize, seconds: number): FrameMeasures {
  const { width, height } = size;
  const grid = new Float32Array(GRID_ROWS * GRID_COLUMNS);
  const cellPixels = new Uint32Array(GRID_ROWS * GRID_COLUMNS);
  const columnOf = Uint8Array.from({ length: width }, (_, x) => Math.floor((x * GRID_COLUMNS) / width));
  const counts = new Uint32Array(256);
  let steps = 0;
  for (let y = 0; y < height; y++) {
    const cellRow = Math.floor((y * GRID_ROWS) / height) * GRID_COLUMNS;
    let left = data[y * width] as number;
    for (let x = 0; x < width; x++) {
      const luma = data[y * width + x] as number;
      const cell = cellRow + (columnOf[x] as number);
      grid[cell] = (grid[cell] as number) + luma;
      cellPixels[cell] = (cellPixels[cell] as number) + 1;
      counts[luma] = (counts[luma] as number) + 1;
      steps += luma > left ? luma - left : left - luma;
      left = luma;
    }
  }
  for (let cell = 0; cell < grid.length; cell++)
    grid[cell] = (grid[cell] as number) / Math.max(1, cellPixels[cell] as number);
  const pixels = width * height;
  const { mean, deviation } = moments(counts, pixels);
  return {
    seconds,
    grid,
    histogram: histogramOf(data, counts, pixels),
    meanLuma: mean,
    contrast: deviation,
    sharpness: steps / pixels,
  };
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

function histogramOf(data: Uint8Array, lumaCounts: Uint32Array, pixels: number): Float32Array {
  const histogram = new Float32Array(HISTOGRAM_BINS);
  for (let luma = 0; luma < 256; luma++) {
    const bin = Math.floor((luma * LUMA_BINS) / 256);
    histogram[bin] = (histogram[bin] as number) + (lumaCounts[luma] as number) / pixels;
  }
  const chromaPixels = pixels / 4;
  const share = 1 / chromaPixels;
  for (let plane = 0; plane < 2; plane++) {
    const first = LUMA_BINS + plane * CHROMA_BINS;
    const start = pixels + plane * chromaPixels;
    const counts = new Uint32Array(CHROMA_BINS);
    for (let i = start; i < start + chromaPixels; i++) {
      const bin = (data[i] as number) >> 4; // 256 values / 16 bins
      counts[bin] = (counts[bin] as number) + 1;
    }
    for (let bin = 0; bin < CHROMA_BINS; bin++) histogram[first + bin] = (counts[bin] as number) * share;
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
