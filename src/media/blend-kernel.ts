import {
  ADD,
  advance,
  at,
  compileKernel,
  get,
  IS_BELOW,
  i32,
  type KernelMemory,
  LOAD_I32,
  loop,
  PAGE_BYTES,
  STORE_I32,
  SUBTRACT,
  set,
  simd,
  startKernel,
  tee,
} from '../webassembly.js';

/*
 * The two passes that shrink an RGB24 picture, in WebAssembly SIMD. Both read a plan: for each new column or row five
 * 32-bit numbers, the offset in bytes of the first old pixel or row and the weights of it and its three successors, in
 * units of 2⁻²². What a sum gives beyond a byte is clamped.
 *
 *   columns: for each row, for each new column: out = (w0·p[0] + w1·p[1] + w2·p[2] + w3·p[3] + ½) >> 22, three channels
 *   rows: for each new row, for each 16 bytes: the same with the bytes below each other
 */

export const TAPS = 4;
export const FRACTION_BITS = 22;
const CHANNELS = 3;
/** Numbers of a plan for each new column or row, and their bytes. */
export const PLAN_NUMBERS = 1 + TAPS;
const PLAN_BYTES = 4 * PLAN_NUMBERS;
/** Bytes that are read and written at a time: what is behind a picture must be memory too. */
export const SPARE_BYTES = 16;

export interface BlendKernel {
  /** At least as many bytes as were last asked for; `grow` gives another. */
  bytes: Uint8Array;
  numbers: Int32Array;
  grow(bytes: number): void;
  /** Blends `count` rows of `rowBytes` each; all others are addresses. */
  columns(from: number, rowBytes: number, plan: number, out: number, count: number): void;
  rows(from: number, plan: number, out: number): void;
}

/** @param side new columns, and new rows; a multiple of 16 */
export function createBlendKernel(side: number): BlendKernel {
  const compiled = compileKernel([
    { name: 'columns', parameters: 5, numbers: 3, vectors: 0, body: columnsBody(side) },
    { name: 'rows', parameters: 3, numbers: 3, vectors: 2 * TAPS, body: rowsBody(side) },
  ]);
  const { memory, functions } = startKernel<'columns' | 'rows'>(compiled, 1);
  const kernel: BlendKernel = { ...views(memory), ...functions, grow };
  return kernel;

  function grow(bytes: number): void {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    if (missing > 0) Object.assign(kernel, views(memory));
  }
}

function views({ buffer }: KernelMemory): Pick<BlendKernel, 'bytes' | 'numbers'> {
  return { bytes: new Uint8Array(buffer), numbers: new Int32Array(buffer) };
}

const LOAD = 0x00;
const LOAD32_SPLAT = 0x09;
const LOAD32_ZERO = 0x5c;
const STORE = 0x0b;
const SPLAT = 0x11;
const EXTRACT_LANE = 0x1b;
/** Bytes to 16 bits, 16 bits to 32, each of the lower and of the upper half. */
const WIDEN_8 = { low: 0x89, high: 0x8a };
const WIDEN_16 = { low: 0xa9, high: 0xaa };
/** Back, clamped. */
const NARROW_32 = 0x85;
const NARROW_16 = 0x66;
const MULTIPLY = 0xb5;
const ADD_LANES = 0xae;
const SHIFT_RIGHT = 0xac;

/** Rounded and brought to whole levels: what four products of `tap` add up to. */
const blend = (tap: (k: number) => number[]) => [
  ...tap(0),
  ...[1, 2, 3].flatMap((k) => [...tap(k), ...simd(ADD_LANES)]),
  ...[...i32(2 ** (FRACTION_BITS - 1)), ...simd(SPLAT), ...simd(ADD_LANES)],
  ...[...i32(FRACTION_BITS), ...simd(SHIFT_RIGHT)],
];
const NOTHING = [...i32(0), ...simd(SPLAT)];

function columnsBody(side: number): number[] {
  const [from, rowBytes, plan, out, count, column, planEnd, source] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  // Four bytes, the fourth of which is the next pixel's, and is written over by it.
  const tap = (k: number) => [
    ...[...get(source), ...simd(LOAD32_ZERO, ...at(CHANNELS * k))],
    ...[...simd(WIDEN_8.low), ...simd(WIDEN_16.low)],
    ...[...get(column), ...simd(LOAD32_SPLAT, ...at(4 + 4 * k)), ...simd(MULTIPLY)],
  ];
  const pixel = [
    ...[...get(from), ...get(column), ...LOAD_I32, ...ADD, ...set(source)],
    ...[...get(out), ...blend(tap)],
    ...[
      ...NOTHING,
      ...simd(NARROW_32),
      ...NOTHING,
      ...simd(NARROW_16),
      ...simd(EXTRACT_LANE, 0),
      ...STORE_I32,
    ],
    ...advance(out, CHANNELS),
    ...[...get(column), ...i32(PLAN_BYTES), ...ADD, ...tee(column), ...get(planEnd), ...IS_BELOW],
  ];
  const row = [
    ...[...get(plan), ...set(column), ...loop(pixel)],
    ...[...get(from), ...get(rowBytes), ...ADD, ...set(from)],
    ...[...get(count), ...i32(1), ...SUBTRACT, ...tee(count)],
  ];
  return [...get(plan), ...i32(PLAN_BYTES * side), ...ADD, ...set(planEnd), ...loop(row)];
}

function rowsBody(side: number): number[] {
  const [from, plan, out, planEnd, source, outEnd] = [0, 1, 2, 3, 4, 5] as const;
  const weight = (k: number) => 6 + k;
  const line = (k: number) => 6 + TAPS + k;
  const rowBytes = CHANNELS * side;
  const taps = [0, 1, 2, 3];
  const four = (half8: number, half16: number) =>
    blend((k) => [...get(line(k)), ...simd(half8), ...simd(half16), ...get(weight(k)), ...simd(MULTIPLY)]);
  const eight = (half8: number) => [
    ...[...four(half8, WIDEN_16.low), ...four(half8, WIDEN_16.high), ...simd(NARROW_32)],
  ];
  const step = [
    ...taps.flatMap((k) => [...get(source), ...simd(LOAD, ...at(k * rowBytes)), ...set(line(k))]),
    ...[
      ...get(out),
      ...eight(WIDEN_8.low),
      ...eight(WIDEN_8.high),
      ...simd(NARROW_16),
      ...simd(STORE, ...at(0)),
    ],
    ...[...advance(source, 16), ...advance(out, 16)],
    ...[...get(out), ...get(outEnd), ...IS_BELOW],
  ];
  const row = [
    ...[...get(from), ...get(plan), ...LOAD_I32, ...ADD, ...set(source)],
    ...taps.flatMap((k) => [...get(plan), ...simd(LOAD32_SPLAT, ...at(4 + 4 * k)), ...set(weight(k))]),
    ...[...get(out), ...i32(rowBytes), ...ADD, ...set(outEnd), ...loop(step)],
    ...[...get(plan), ...i32(PLAN_BYTES), ...ADD, ...tee(plan), ...get(planEnd), ...IS_BELOW],
  ];
  return [...get(plan), ...i32(PLAN_BYTES * side), ...ADD, ...set(planEnd), ...loop(row)];
}
