import {
  ADD,
  advance,
  at,
  compileKernel,
  get,
  IS_BELOW,
  i32,
  loop,
  PAGE_BYTES,
  SUBTRACT,
  set,
  simd,
  startKernel,
  tee,
} from '../webassembly.js';

/*
 * Sums over the bytes of a plane, in WebAssembly. All are whole numbers, so that their order does not matter.
 *
 *   count: how often each value is there, in four tables by turns: neighbours are alike, and in one table each would wait
 *     for the one before it
 *   steps: Σ |p[i] − p[i − 1]|, sixteen at a time
 *   addRows: of each column the sum over some rows, sixteen columns at a time
 */

export interface MeasureKernel {
  /** Holds `bytes` at address 0 until the next call. */
  load(bytes: Uint8Array): void;
  /** How often each of 256 values is among the bytes from `from` to `to`. */
  count(from: number, to: number): Uint32Array;
  /** Sum of the absolute differences of neighbours from byte 0 to `to`. */
  steps(to: number): number;
  /** Sums of `width` columns over `rows` rows of that width, of which 257 or fewer fit. Valid until the next call. */
  addRows(from: number, width: number, rows: number): Uint16Array;
}

const TABLES = 4;
const TABLE_BYTES = 4 * 256;
/** Read or written at a time. */
const LANES = 16;

export function createMeasureKernel(): MeasureKernel {
  const compiled = compileKernel([
    { name: 'count', parameters: 3, numbers: 1, vectors: 0, body: countBody() },
    { name: 'steps', parameters: 3, numbers: 0, vectors: 3, body: stepsBody() },
    { name: 'addRows', parameters: 4, numbers: 3, vectors: 3, body: addRowsBody() },
  ]);
  const { memory, functions } = startKernel<'count' | 'steps' | 'addRows'>(compiled, 1);
  let bytes = new Uint8Array(memory.buffer);
  let loaded = 0;
  /** Behind the bytes, and what is read with their last ones. */
  const scratch = () => (loaded + 2 * LANES) & -LANES;
  return { load, count, steps, addRows };

  function load(plane: Uint8Array): void {
    const missing = plane.length + SPARE_BYTES - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE_BYTES));
      bytes = new Uint8Array(memory.buffer);
    }
    bytes.set(plane);
    loaded = plane.length;
  }

  function count(from: number, to: number): Uint32Array {
    const tables = new Uint32Array(memory.buffer, scratch(), TABLES * 256).fill(0);
    const end = to - ((to - from) % TABLES);
    if (end > from) functions.count(from, end, scratch());
    for (let i = end; i < to; i++) tables[bytes[i]!]!++;
    const counts = new Uint32Array(256);
    for (let value = 0; value < 256; value++)
      counts[value] = tables[value]! + tables[256 + value]! + tables[512 + value]! + tables[768 + value]!;
    return counts;
  }

  function steps(to: number): number {
    const end = to - ((to - 1) % LANES);
    if (end > 1) functions.steps(1, end, scratch());
    const [a, b, c, d] = end > 1 ? new Uint32Array(memory.buffer, scratch(), 4) : [0, 0, 0, 0];
    let sum = a! + b! + c! + d!;
    for (let i = end; i < to; i++) sum += Math.abs(bytes[i]! - bytes[i - 1]!);
    return sum;
  }

  function addRows(from: number, width: number, rows: number): Uint16Array {
    functions.addRows(from, width, rows, scratch());
    return new Uint16Array(memory.buffer, scratch(), width);
  }
}

/** For the largest of what is written behind the bytes: the tables, or the sums of a row of 16,000 pixels. */
const SPARE_BYTES = PAGE_BYTES;

const LOAD_BYTE = 0x2d;
const LOAD_NUMBER = 0x28;
const STORE_NUMBER = 0x36;
const SHIFT_LEFT = 0x74;
const LOAD = 0x00;
const STORE = 0x0b;
const SPLAT = 0x11;
const LEAST = 0x77;
const MOST = 0x79;
const SUBTRACT_BYTES = 0x71;
/** Neighbours added, bytes to 16 bits, 16 bits to 32. */
const PAIRS_8 = 0x7d;
const PAIRS_16 = 0x7f;
/** Bytes to 16 bits, of the lower and of the upper half. */
const WIDEN = { low: 0x89, high: 0x8a };
const ADD_16 = 0x8e;
const ADD_32 = 0xae;
const NOTHING = [...i32(0), ...simd(SPLAT)];

function countBody(): number[] {
  const [from, to, tables, place] = [0, 1, 2, 3] as const;
  const one = (k: number) => [
    ...[...get(from), LOAD_BYTE, ...at(k), ...i32(2), SHIFT_LEFT, ...get(tables), ...ADD, ...tee(place)],
    ...[...get(place), LOAD_NUMBER, ...at(k * TABLE_BYTES), ...i32(1), ...ADD],
    ...[STORE_NUMBER, ...at(k * TABLE_BYTES)],
  ];
  const four = Array.from({ length: TABLES }, (_, k) => one(k)).flat();
  return loop([...four, ...advance(from, TABLES), ...get(from), ...get(to), ...IS_BELOW]);
}

function stepsBody(): number[] {
  const [here, to, out, left, right, sum] = [0, 1, 2, 3, 4, 5] as const;
  const before = [...get(here), ...i32(1), ...SUBTRACT, ...simd(LOAD, ...at(0)), ...set(left)];
  const sixteen = [
    ...[...before, ...get(here), ...simd(LOAD, ...at(0)), ...set(right)],
    ...[...get(left), ...get(right), ...simd(MOST), ...get(left), ...get(right), ...simd(LEAST)],
    ...[...simd(SUBTRACT_BYTES), ...simd(PAIRS_8), ...simd(PAIRS_16)],
    ...[...get(sum), ...simd(ADD_32), ...set(sum)],
    ...[...advance(here, LANES), ...get(here), ...get(to), ...IS_BELOW],
  ];
  return [
    ...[...NOTHING, ...set(sum), ...loop(sixteen)],
    ...[...get(out), ...get(sum), ...simd(STORE, ...at(0))],
  ];
}

function addRowsBody(): number[] {
  const [from, width, rows, out, column, left, source, low, high, line] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ] as const;
  const add = (half: number, sum: number) => [
    ...[...get(line), ...simd(half), ...get(sum), ...simd(ADD_16), ...set(sum)],
  ];
  const row = [
    ...[
      ...get(source),
      ...simd(LOAD, ...at(0)),
      ...set(line),
      ...add(WIDEN.low, low),
      ...add(WIDEN.high, high),
    ],
    ...[...get(source), ...get(width), ...ADD, ...set(source)],
    ...[...get(left), ...i32(1), ...SUBTRACT, ...tee(left)],
  ];
  const columns = [
    ...[...NOTHING, ...set(low), ...NOTHING, ...set(high)],
    ...[...get(rows), ...set(left), ...get(from), ...get(column), ...ADD, ...set(source), ...loop(row)],
    ...[
      ...get(out),
      ...get(low),
      ...simd(STORE, ...at(0)),
      ...get(out),
      ...get(high),
      ...simd(STORE, ...at(LANES)),
    ],
    ...[...advance(out, 2 * LANES), ...advance(column, LANES), ...get(column), ...get(width), ...IS_BELOW],
  ];
  return [...i32(0), ...set(column), ...loop(columns)];
}
