import { type OnnxGraph, writeOnnx } from '../inference/onnx.js';

/** A matrix in 8 bits: value = code · rowScale[row] · columnScale[column]. */
export interface Quantised {
  rows: number;
  columns: number;
  codes: Int8Array;
  rowScale: Float32Array;
  columnScale: Float32Array;
}

/**
 * Columns are first brought to the same root mean square, then each row gets its own scale, so that the small
 * weights of frequent terms keep as many steps as the large ones of rare terms.
 */
export function quantise(matrix: Float32Array, columns: number): Quantised {
  const rows = matrix.length / columns;
  const squares = new Float64Array(columns);
  matrix.forEach((value, at) => {
    squares[at % columns] = squares[at % columns]! + value * value;
  });
  const columnScale = Float32Array.from(squares, (sum) => Math.sqrt(sum / rows) || 1);
  const rowScale = new Float32Array(rows);
  const codes = new Int8Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let j = 0; j < columns; j++) {
      largest = Math.max(largest, Math.abs(matrix[row * columns + j]! / columnScale[j]!));
    }
    rowScale[row] = largest / 127;
    const scale = rowScale[row]! || 1;
    for (let j = 0; j < columns; j++) {
      codes[row * columns + j] = Math.round(matrix[row * columns + j]! / columnScale[j]! / scale);
    }
  }
  return { rows, columns, codes, rowScale, columnScale };
}

/**
 * The encoder's graph. Inputs `terms` (int64, n × t: rows of the table) and `weights` (float32, n × t); outputs
 * `sum` (n × columns: Σ weight · table row) and `unit` (n × dense: the first columns of `sum`, at length 1).
 */
export function writeTextGraph(table: Quantised, dense: number): Uint8Array {
  const { rows, columns } = table;
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
      { name: 'table', type: 'int8', dims: [rows, columns], data: table.codes },
      { name: 'rowScale', type: 'float32', dims: [rows], data: table.rowScale },
      { name: 'columnScale', type: 'float32', dims: [columns], data: table.columnScale },
      { name: 'one', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
      { name: 'zero', type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
      { name: 'dense', type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(dense)) },
      { name: 'tiny', type: 'float32', dims: [1], data: Float32Array.of(1e-12) },
    ],
    nodes: [
      { operator: 'Gather', inputs: ['table', 'terms'], outputs: ['codes'] },
      { operator: 'Cast', inputs: ['codes'], outputs: ['values'], attributes: { to: 1 } },
      { operator: 'Gather', inputs: ['rowScale', 'terms'], outputs: ['scales'] },
      { operator: 'Mul', inputs: ['weights', 'scales'], outputs: ['scaled'] },
      { operator: 'Unsqueeze', inputs: ['scaled', 'one'], outputs: ['row'] },
      { operator: 'MatMul', inputs: ['row', 'values'], outputs: ['product'] },
      { operator: 'Squeeze', inputs: ['product', 'one'], outputs: ['flat'] },
      { operator: 'Mul', inputs: ['flat', 'columnScale'], outputs: ['sum'] },
      { operator: 'Slice', inputs: ['sum', 'zero', 'dense', 'one'], outputs: ['head'] },
      { operator: 'ReduceL2', inputs: ['head'], outputs: ['length'], attributes: { axes: [1], keepdims: 1 } },
      { operator: 'Max', inputs: ['length', 'tiny'], outputs: ['divisor'] },
      { operator: 'Div', inputs: ['head', 'divisor'], outputs: ['unit'] },
    ],
  };
  return writeOnnx(graph);
}
