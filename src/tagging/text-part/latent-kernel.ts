import {
  advance,
  at,
  compileKernel,
  get,
  IS_BELOW,
  i32,
  loop,
  PAGE_BYTES,
  set,
  simd,
  startKernel,
} from '../../webassembly.js';

/*
 * Weighted sums of rows, in WebAssembly SIMD: JavaScript took three times as long, and a text has some hundred rows of
 * 300 numbers to add up.
 *
 *   addCodes: sum[i] += factor · codes[i] for int8 codes, eight at a time
 *   addFloats: sum[i] += factor · row[i] for floats, four at a time
 */

/** Adds up rows of codes, and rows of floats by what came out of that. */
export interface LatentKernel {
  /** Σ factors[k] · codes[rows[k]]: as many numbers as a row of codes has. */
  sumOfCodes(rows: ArrayLike<number>, factors: ArrayLike<number>): Float32Array;
  /** Σ factors[k] · floats[k] over all rows of floats. Valid until the next call. */
  sumOfFloats(factors: ArrayLike<number>): Float32Array;
}

const CODES_AT_ONCE = 8;
const FLOATS_AT_ONCE = 4;
const FLOAT_BYTES = 4;
/** Where the factor stands. */
const FACTOR = 0;
const SUM = 16;

/**
 * @param codes rows × `dimensions`
 * @param floats `dimensions` × `labels`
 */
export function createLatentKernel(
  codes: Int8Array,
  floats: Float32Array,
  { dimensions, labels }: { dimensions: number; labels: number },
): LatentKernel {
  compiled ??= compileKernel([
    { name: 'addCodes', parameters: 3, numbers: 0, vectors: 2, body: addCodesBody() },
    { name: 'addFloats', parameters: 3, numbers: 0, vectors: 1, body: addFloatsBody() },
  ]);
  const codeWidth = paddedTo(CODES_AT_ONCE, dimensions);
  const floatWidth = paddedTo(FLOATS_AT_ONCE, labels);
  const floatRows = SUM + FLOAT_BYTES * Math.max(codeWidth, floatWidth);
  const codeRows = floatRows + FLOAT_BYTES * dimensions * floatWidth;
  const bytes = codeRows + (codes.length / dimensions) * codeWidth;
  const { memory, functions } = startKernel<'addCodes' | 'addFloats'>(
    compiled,
    Math.ceil(bytes / PAGE_BYTES) || 1,
  );
  const { buffer } = memory;
  copyRows(codes, dimensions, new Int8Array(buffer, codeRows), codeWidth);
  copyRows(floats, labels, new Float32Array(buffer, floatRows, dimensions * floatWidth), floatWidth);
  const factor = new Float32Array(buffer, FACTOR, 1);
  const codeSum = new Float32Array(buffer, SUM, codeWidth);
  const floatSum = new Float32Array(buffer, SUM, floatWidth);
  return { sumOfCodes, sumOfFloats };

  function sumOfCodes(rows: ArrayLike<number>, factors: ArrayLike<number>): Float32Array {
    codeSum.fill(0);
    for (let k = 0; k < rows.length; k++) {
      const from = codeRows + rows[k]! * codeWidth;
      factor[0] = factors[k]!;
      functions.addCodes(from, SUM, from + codeWidth);
    }
    return codeSum.slice(0, dimensions);
  }

  function sumOfFloats(factors: ArrayLike<number>): Float32Array {
    floatSum.fill(0);
    const rowBytes = FLOAT_BYTES * floatWidth;
    for (let k = 0; k < dimensions; k++) {
      const from = floatRows + k * rowBytes;
      factor[0] = factors[k]!;
      functions.addFloats(from, SUM, from + rowBytes);
    }
    return floatSum.subarray(0, labels);
  }
}

let compiled: object | null = null;

const paddedTo = (step: number, width: number) => Math.ceil(width / step) * step;

function copyRows<T extends Int8Array | Float32Array>(from: T, width: number, to: T, padded: number): void {
  for (let row = 0; row * width < from.length; row++)
    to.set(from.subarray(row * width, (row + 1) * width), row * padded);
}

const LOAD = 0x00;
const LOAD8X8_S = 0x01;
const LOAD32_SPLAT = 0x09;
const STORE = 0x0b;
const I32X4_EXTEND_LOW = 0xa7;
const I32X4_EXTEND_HIGH = 0xa8;
const F32X4_ADD = 0xe4;
const F32X4_MUL = 0xe6;
const F32X4_CONVERT = 0xfa;

/** `addCodes(row, sum, end)`: byte offsets. */
function addCodesBody(): number[] {
  const [row, sum, end, eight, factor] = [0, 1, 2, 3, 4] as const;
  const four = (extend: number, offset: number) => [
    ...get(sum),
    ...[...get(sum), ...simd(LOAD, ...at(offset))],
    ...[...get(eight), ...simd(extend), ...simd(F32X4_CONVERT), ...get(factor), ...simd(F32X4_MUL)],
    ...[...simd(F32X4_ADD), ...simd(STORE, ...at(offset))],
  ];
  return [
    ...[...i32(0), ...simd(LOAD32_SPLAT, ...at(FACTOR)), ...set(factor)],
    ...loop([
      ...[...get(row), ...simd(LOAD8X8_S, ...at(0)), ...set(eight)],
      ...four(I32X4_EXTEND_LOW, 0),
      ...four(I32X4_EXTEND_HIGH, 16),
      ...[...advance(row, CODES_AT_ONCE), ...advance(sum, FLOAT_BYTES * CODES_AT_ONCE)],
      ...[...get(row), ...get(end), ...IS_BELOW],
    ]),
  ];
}

/** `addFloats(row, sum, end)`: byte offsets. */
function addFloatsBody(): number[] {
  const [row, sum, end, factor] = [0, 1, 2, 3] as const;
  return [
    ...[...i32(0), ...simd(LOAD32_SPLAT, ...at(FACTOR)), ...set(factor)],
    ...loop([
      ...get(sum),
      ...[...get(sum), ...simd(LOAD, ...at(0)), ...get(row), ...simd(LOAD, ...at(0))],
      ...[...get(factor), ...simd(F32X4_MUL), ...simd(F32X4_ADD), ...simd(STORE, ...at(0))],
      ...[...advance(row, 16), ...advance(sum, 16)],
      ...[...get(row), ...get(end), ...IS_BELOW],
    ]),
  ];
}
