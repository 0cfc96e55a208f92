import { createMeasureKernel, type MeasureKernel } from './measure-kernel.js';
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

/** One a thread: nothing else runs while it works. */
let kernel: MeasureKernel | null = null;

/**
 * @param data planar 4:2:0, studio range
 * @param seconds time of the frame
 */
export function measureFrame(data: Uint8Array, size: PictureSize, seconds: number): FrameMeasures {
  const pixels = size.width * size.height;
  kernel ??= createMeasureKernel();
  kernel.load(data);
  const counts = kernel.count(0, pixels);
  const { mean, deviation } = moments(counts, pixels);
  return {
    seconds,
    grid: gridOf(kernel, size),
    histogram: histogramOf(kernel, counts, size),
    meanLuma: stretched(mean),
    contrast: deviation * LUMA_SCALE,
    sharpness: ((kernel.steps(pixels) - stepsBetweenRows(data, size)) / pixels) * LUMA_SCALE,
  };
}

/** From each row's end to the next one's beginning, which are no neighbours. */
function stepsBetweenRows(data: Uint8Array, { width, height }: PictureSize): number {
  let steps = 0;
  for (let at = width; at < width * height; at += width) steps += Math.abs(data[at]! - data[at - 1]!);
  return steps;
}

function gridOf(kernel: MeasureKernel, { width, height }: PictureSize): Float32Array {
  const grid = new Float32Array(GRID_ROWS * GRID_COLUMNS);
  for (let row = 0; row < GRID_ROWS; row++) {
    const top = Math.ceil((row * height) / GRID_ROWS);
    const rows = Math.ceil(((row + 1) * height) / GRID_ROWS) - top;
    if (rows === 0) grid.fill(stretched(0), row * GRID_COLUMNS, (row + 1) * GRID_COLUMNS);
    if (rows === 0) continue; // a picture of fewer rows than cells
    const sums = kernel.addRows(top * width, width, rows);
    for (let column = 0; column < GRID_COLUMNS; column++) {
      const from = Math.round((column * width) / GRID_COLUMNS);
      const to = Math.round(((column + 1) * width) / GRID_COLUMNS);
      let sum = 0;
      for (let x = from; x < to; x++) sum += sums[x]!;
      grid[row * GRID_COLUMNS + column] = stretched(sum / Math.max(1, (to - from) * rows));
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
  kernel: MeasureKernel,
  lumaCounts: Uint32Array,
  { width, height }: PictureSize,
): Float32Array {
  const histogram = new Float32Array(HISTOGRAM_BINS);
  const pixels = width * height;
  const lumaShare = 1 / pixels;
  for (let luma = 0; luma < 256; luma++) histogram[lumaBin[luma]!]! += lumaCounts[luma]! * lumaShare;
  const chromaPixels = pixels / 4;
  const added = addedShares(chromaPixels);
  for (let plane = 0; plane < 2; plane++) {
    const first = LUMA_BINS + plane * CHROMA_BINS;
    const start = pixels + plane * chromaPixels;
    const inBins = new Uint32Array(CHROMA_BINS);
    const counts = kernel.count(start, start + chromaPixels);
    for (let value = 0; value < 256; value++) inBins[chromaBin[value]!]! += counts[value]!;
    for (let bin = 0; bin < CHROMA_BINS; bin++) histogram[first + bin] = added[inBins[bin]!]!;
  }
  return histogram;
}

/** Of the size that was asked for last: all frames of a film have one. */
let shares = new Float32Array(0);

/** What 0, 1, … `pixels` shares of a pixel come to, added one by one in 32 bits: the sum that a bin has always been. */
function addedShares(pixels: number): Float32Array {
  if (shares.length === pixels + 1) return shares;
  shares = new Float32Array(pixels + 1);
  for (let count = 1; count <= pixels; count++) shares[count] = shares[count - 1]! + 1 / pixels;
  return shares;
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
