import { halfToNumber, numberToHalf } from '../inference/onnx/half.js';
import { type OnnxGraph, type OnnxNode, writeOnnx } from '../inference/onnx.js';

/**
 * A matrix in 4 bits: value = (code − ZERO) · rowScale[row, part] · columnScale[column], where the part is 0 for the
 * first `dense` columns and 1 for the others. Each byte holds two codes: the upper half belongs to column j, the lower
 * one to column j + half of the columns, rounded up.
 */
export interface Quantised {
  rows: number;
  columns: number;
  dense: number;
  codes: Uint8Array;
  /** rows × 2, as float16. */
  rowScale: Uint16Array;
  columnScale: Float32Array;
}

/** The code of the value 0; codes reach from 1 to 15. */
export const ZERO = 8;
const LARGEST = 7;

/**
 * Columns are first brought to the same root mean square, then each row gets a scale for its `dense` columns and one
 * for the others, so that the small weights of frequent terms keep as many steps as the large ones of rare terms, and
 * neither of two unlike parts sets the other's steps.
 */
export function quantise(matrix: Float32Array, columns: number, dense: number): Quantised {
  const rows = matrix.length / columns;
  const half = Math.ceil(columns / 2);
  const columnScale = rootMeanSquares(matrix, columns);
  const rowScale = new Uint16Array(rows * 2);
  const codes = new Uint8Array(rows * half);
  for (let row = 0; row < rows; row++) {
    const values = matrix
      .subarray(row * columns, (row + 1) * columns)
      .map((value, j) => value / columnScale[j]!);
    const scales = [values.subarray(0, dense), values.subarray(dense)].map(stepOf);
    rowScale.set(scales, row * 2);
    const steps = scales.map(halfToNumber);
    const code = (j: number) => {
      const step = steps[j < dense ? 0 : 1]!;
      return ZERO + (step === 0 || j >= columns ? 0 : nearestCode(values[j]! / step));
    };
    for (let j = 0; j < half; j++) codes[row * half + j] = code(j) * 16 + code(j + half);
  }
  return { rows, columns, dense, codes, rowScale, columnScale };
}

/** Tiny steps are coarse in float16, and their largest value may lie beyond the last code. */
function nearestCode(steps: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, Math.round(steps)));
}

/** The float16 step that brings the largest of the values to the largest code. */
function stepOf(values: Float32Array): number {
  return numberToHalf(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / LARGEST);
}

function rootMeanSquares(matrix: Float32Array, columns: number): Float32Array {
  const squares = new Float64Array(columns);
  matrix.forEach((value, at) => {
    squares[at % columns] = squares[at % columns]! + value * value;
  });
  return Float32Array.from(squares, (sum) => Math.sqrt((sum * columns) / matrix.length) || 1);
}

/**
 * The encoder's graph. Inputs `terms` (int64, n × t: rows of the table) and `weights` (float32, n × t); outputs
 * `sum` (n × columns: Σ weight · table row) and `unit` (n × dense: the first columns of `sum`, at length 1).
 */
export function writeTextGraph(table: Quantised): Uint8Array {
  const { rows, columns, dense } = table;
  const graph: OnnxGraph = {
    name: 'compact-text',
    inputs: [
      { name: 'terms', type: 'int64', dims: ['n', 't'] },
      { name: 'weights', type: 'float32', dims: ['n', 't'] },
    ],
    outputs: [
      { name: 'sum', type: 'float32', dims: ['n', columns] },
      { name: 'unit', type: 'float32', dims: ['n', dense] },
    ],
    weights: [
      { name: 'table', type: 'uint8', dims: [rows, Math.ceil(columns / 2)], data: table.codes },
      { name: 'rowScale', type: 'float16', dims: [rows, 2], data: table.rowScale },
      { name: 'columnScale', type: 'float32', dims: [columns], data: table.columnScale },
      { name: 'one', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
      { name: 'zero', type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
      { name: 'dense', type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(dense)) },
      { name: 'columns', type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(columns)) },
      { name: 'last', type: 'int64', dims: [1], data: BigInt64Array.of(2n) },
      {
        name: 'parts',
        type: 'int64',
        dims: [2],
        data: BigInt64Array.of(BigInt(dense), BigInt(columns - dense)),
      },
      { name: 'sixteen', type: 'float32', dims: [1], data: Float32Array.of(16) },
      { name: 'zeroCode', type: 'float32', dims: [1], data: Float32Array.of(ZERO) },
      { name: 'tiny', type: 'float32', dims: [1], data: Float32Array.of(1e-12) },
    ],
    nodes: [...unpackNodes, ...sumNodes, ...unitNodes],
  };
  return writeOnnx(graph);
}

/** The bytes of the texts' terms → `values` (n × t × columns). */
const unpackNodes: OnnxNode[] = [
  { operator: 'Gather', inputs: ['table', 'terms'], outputs: ['bytes'] },
  { operator: 'Cast', inputs: ['bytes'], outputs: ['numbers'], attributes: { to: 1 } },
  { operator: 'Div', inputs: ['numbers', 'sixteen'], outputs: ['sixteenths'] },
  { operator: 'Floor', inputs: ['sixteenths'], outputs: ['upper'] },
  { operator: 'Mul', inputs: ['upper', 'sixteen'], outputs: ['withoutLower'] },
  { operator: 'Sub', inputs: ['numbers', 'withoutLower'], outputs: ['lower'] },
  { operator: 'Concat', inputs: ['upper', 'lower'], outputs: ['both'], attributes: { axis: 2 } },
  { operator: 'Slice', inputs: ['both', 'zero', 'columns', 'last'], outputs: ['codes'] },
  { operator: 'Sub', inputs: ['codes', 'zeroCode'], outputs: ['values'] },
];

/** `values` times the weights and both scales, summed over the terms → `sum`. */
const sumNodes: OnnxNode[] = [
  { operator: 'Gather', inputs: ['rowScale', 'terms'], outputs: ['halfScales'] },
  { operator: 'Cast', inputs: ['halfScales'], outputs: ['scales'], attributes: { to: 1 } },
  { operator: 'Unsqueeze', inputs: ['weights', 'last'], outputs: ['column'] },
  { operator: 'Mul', inputs: ['column', 'scales'], outputs: ['scaled'] },
  { operator: 'Transpose', inputs: ['scaled'], outputs: ['rows'], attributes: { perm: [0, 2, 1] } },
  { operator: 'Split', inputs: ['rows'], outputs: ['denseRow', 'otherRow'], attributes: { axis: 1 } },
  {
    operator: 'Split',
    inputs: ['values', 'parts'],
    outputs: ['denseValues', 'otherValues'],
    attributes: { axis: 2 },
  },
  { operator: 'MatMul', inputs: ['denseRow', 'denseValues'], outputs: ['denseSum'] },
  { operator: 'MatMul', inputs: ['otherRow', 'otherValues'], outputs: ['otherSum'] },
  { operator: 'Concat', inputs: ['denseSum', 'otherSum'], outputs: ['product'], attributes: { axis: 2 } },
  { operator: 'Squeeze', inputs: ['product', 'one'], outputs: ['flat'] },
  { operator: 'Mul', inputs: ['flat', 'columnScale'], outputs: ['sum'] },
];

/** The first columns of `sum` at length 1 → `unit`. */
const unitNodes: OnnxNode[] = [
  { operator: 'Slice', inputs: ['sum', 'zero', 'dense', 'one'], outputs: ['similar'] },
  { operator: 'ReduceL2', inputs: ['similar'], outputs: ['length'], attributes: { axes: [1], keepdims: 1 } },
  { operator: 'Max', inputs: ['length', 'tiny'], outputs: ['divisor'] },
  { operator: 'Div', inputs: ['similar', 'divisor'], outputs: ['unit'] },
];
