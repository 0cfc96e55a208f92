import {
  ADD,
  advance,
  at,
  compileKernel,
  get,
  IS_BELOW,
  i32,
  type KernelMemory,
  loop,
  STORE_I32,
  SUBTRACT,
  set,
  simd,
  startKernel,
  tee,
} from '../webassembly.js';

/**
 * Dot products of many int8 rows with one int16 query, in WebAssembly SIMD: about ten times what the same loop
 * reaches in JavaScript (docs/discovery.md has the figures). The module is small enough to be written by hand:
 *
 *   for each row: acc = 0; for each 16 numbers: acc += dot(row[0..8], query[0..8]) + dot(row[8..16], query[8..16]);
 *   out[row] = acc[0] + acc[1] + acc[2] + acc[3]
 */

/** Rows are padded to a multiple of this many numbers: one step of the inner loop. */
export const LANES = 16;

/** `dots(rows, query, out, count, width)`: byte offsets of int8 rows, int16 query and int32 results. */
export type Dots = (rows: number, query: number, out: number, count: number, width: number) => void;

/** A memory of its own and the kernel that works in it. */
export function createKernel(pages: number): { memory: KernelMemory; dots: Dots } {
  kernel ??= compileKernel([{ name: 'dots', parameters: 5, numbers: 2, vectors: 1, body: dotsBody() }]);
  const { memory, functions } = startKernel<'dots'>(kernel, pages);
  return { memory, dots: functions.dots };
}

let kernel: object | null = null;

const LOAD8X8_S = 0x01;
const LOAD = 0x00;
const CONST = 0x0c;
const EXTRACT_LANE = 0x1b;
const I32X4_ADD = 0xae;
const I32X4_DOT = 0xba;

function dotsBody(): number[] {
  const [rows, query, out, count, width, rowEnd, q, acc] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const eight = (row: number, column: number) => [
    ...[...get(rows), ...simd(LOAD8X8_S, ...at(row))],
    ...[...get(q), ...simd(LOAD, ...at(column))],
    ...simd(I32X4_DOT),
  ];
  const step = [
    ...[...get(acc), ...eight(0, 0), ...simd(I32X4_ADD), ...eight(8, 16), ...simd(I32X4_ADD), ...set(acc)],
    ...[...advance(rows, LANES), ...advance(q, 2 * LANES)],
    ...[...get(rows), ...get(rowEnd), ...IS_BELOW],
  ];
  const lane = (i: number) => [...get(acc), ...simd(EXTRACT_LANE, i)];
  const row = [
    ...[...get(rows), ...get(width), ...ADD, ...set(rowEnd), ...get(query), ...set(q)],
    ...[...simd(CONST, ...new Array<number>(16).fill(0)), ...set(acc)],
    ...loop(step),
    ...[...get(out), ...lane(0), ...lane(1), ...ADD, ...lane(2), ...ADD, ...lane(3), ...ADD, ...STORE_I32],
    ...advance(out, 4),
    ...[...get(count), ...i32(1), ...SUBTRACT, ...tee(count)],
  ];
  return loop(row);
}
