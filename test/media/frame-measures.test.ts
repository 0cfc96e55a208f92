import { describe, expect, test } from 'vitest';
import { GRID_COLUMNS, GRID_ROWS, LUMA_BINS, measureFrame } from '../../src/media/frame-measures.js';

/** Pictures whose rows and planes end off the 16 and 4 bytes that are read at a time, and some that do not. */
const SIZES = [
  { width: 160, height: 90 },
  { width: 90, height: 160 },
  { width: 122, height: 74 },
  { width: 16, height: 160 },
  { width: 160, height: 16 },
];

/** Planar 4:2:0 of values that no pattern repeats, the same on every run. */
function noise({ width, height }: { width: number; height: number }): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: (width * height * 3) / 2 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

const stretched = (luma: number) => ((luma - 16) * 255) / 219;

describe.each(SIZES)('A frame of $width × $height', (size) => {
  const data = noise(size);
  const luma = [...data.subarray(0, size.width * size.height)];
  const measures = measureFrame(data, size, 2.5);
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;

  test('has the mean, the spread and the steps of its luma', () => {
    const squares = luma.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const steps = luma.map((value, i) => (i % size.width === 0 ? 0 : Math.abs(value - luma[i - 1]!)));
    expect(measures.seconds).toBe(2.5);
    expect(measures.meanLuma).toBeCloseTo(stretched(mean), 8);
    expect(measures.contrast).toBeCloseTo((Math.sqrt(squares / luma.length) * 255) / 219, 8);
    const sharpness = (steps.reduce((sum, step) => sum + step, 0) / luma.length) * (255 / 219);
    expect(measures.sharpness).toBeCloseTo(sharpness, 8);
  });

  test('has the mean of each cell of its grid', () => {
    const rowOf = (y: number) => Math.floor((y * GRID_ROWS) / size.height);
    const edge = (column: number) => Math.round((column * size.width) / GRID_COLUMNS);
    for (let row = 0; row < GRID_ROWS; row++) {
      for (let column = 0; column < GRID_COLUMNS; column++) {
        const inside = luma.filter((_, i) => {
          const [x, y] = [i % size.width, Math.floor(i / size.width)];
          return rowOf(y) === row && x >= edge(column) && x < edge(column + 1);
        });
        const cell = inside.reduce((sum, value) => sum + value, 0) / Math.max(1, inside.length);
        expect(measures.grid[row * GRID_COLUMNS + column]).toBeCloseTo(stretched(cell), 3);
      }
    }
  });

  test('has shares of luma and of each colour that sum to 1', () => {
    const { histogram } = measures;
    const sum = (from: number, to: number) =>
      histogram.subarray(from, to).reduce((all, share) => all + share);
    const colours = (histogram.length - LUMA_BINS) / 2;
    expect(sum(0, LUMA_BINS)).toBeCloseTo(1, 4);
    expect(sum(LUMA_BINS, LUMA_BINS + colours)).toBeCloseTo(1, 4);
    expect(sum(LUMA_BINS + colours, histogram.length)).toBeCloseTo(1, 4);
  });
});

test('The colours of one half and of the other come out as halves', () => {
  const size = { width: 32, height: 18 };
  const pixels = size.width * size.height;
  const data = new Uint8Array((pixels * 3) / 2).fill(100);
  data.fill(40, pixels, pixels + pixels / 8).fill(200, pixels + pixels / 8, pixels + pixels / 4);
  const blue = measureFrame(data, size, 0).histogram.subarray(LUMA_BINS, LUMA_BINS + 16);
  expect([...blue].filter((share) => share > 0)).toEqual([expect.closeTo(0.5, 4), expect.closeTo(0.5, 4)]);
});
