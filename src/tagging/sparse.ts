import type { SparseRow } from '../signals/text-features.js';

/** Sparse rows behind one another (CSR): row i has its entries at starts[i] … starts[i + 1]. */
export interface SparseRows {
  rows: number;
  columns: number;
  starts: Int32Array;
  terms: Int32Array;
  weights: Float32Array;
}

export function stackRows(rows: readonly SparseRow[], columns: number): SparseRows {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i]! + row.terms.length;
  });
  const entries = starts[rows.length]!;
  const terms = new Int32Array(entries);
  const weights = new Float32Array(entries);
  rows.forEach((row, i) => {
    terms.set(row.terms, starts[i]);
    weights.set(row.weights, starts[i]);
  });
  return { rows: rows.length, columns, starts, terms, weights };
}

/** The product of the sparse rows with a dense columns × width matrix, plus `bias`: rows × width. */
export function project(
  rows: SparseRows,
  matrix: Float32Array,
  width: number,
  bias?: Float32Array,
): Float32Array {
  const out = new Float32Array(rows.rows * width);
  for (let i = 0; i < rows.rows; i++) {
    const target = out.subarray(i * width, (i + 1) * width);
    if (bias) target.set(bias);
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) {
      const from = rows.terms[e]! * width;
      const weight = rows.weights[e]!;
      for (let j = 0; j < width; j++) target[j] = target[j]! + weight * matrix[from + j]!;
    }
  }
  return out;
}

export function pickRows(rows: SparseRows, chosen: readonly number[]): SparseRows {
  const parts = chosen.map((i) => ({
    terms: rows.terms.subarray(rows.starts[i]!, rows.starts[i + 1]!),
    weights: rows.weights.subarray(rows.starts[i]!, rows.starts[i + 1]!),
  }));
  return stackRows(parts, rows.columns);
}

/** A dense rows × width matrix as rows whose every column is set, each times `scale[column]`. */
export function fullRows(matrix: Float32Array, scale: Float32Array): SparseRows {
  const width = scale.length;
  const rows = matrix.length / width;
  return {
    rows,
    columns: width,
    starts: Int32Array.from({ length: rows + 1 }, (_, i) => i * width),
    terms: Int32Array.from(matrix, (_, at) => at % width),
    weights: matrix.map((value, at) => value * scale[at % width]!),
  };
}
