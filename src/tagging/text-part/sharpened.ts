import type { LinearModel } from '../logistic.js';
import type { SparseRows } from '../sparse.js';

/** How far a term's factor follows its importance: factor = (importance / mean + FLOOR)^SHARPNESS. */
const SHARPNESS = 0.5;
const FLOOR = 0.3;

/**
 * What each term's weight in a row is multiplied by, from a first model: a term that moved any label gets more of the
 * row's length, a term that moved none gets less. The importance is the root of the squared weights' mean over the
 * labels, each label's weights at unit length: the diagonal of the average outer product of gradients
 * (Radhakrishnan et al. 2024). Labels with few rows so learn which terms matter from labels with many.
 */
export function emphasisOf({ weights, labels }: LinearModel): Float32Array {
  const squares = new Float64Array(labels);
  weights.forEach((weight, at) => {
    squares[at % labels] = squares[at % labels]! + weight * weight;
  });
  const importance = new Float64Array(weights.length / labels);
  weights.forEach((weight, at) => {
    const term = Math.floor(at / labels);
    importance[term] = importance[term]! + (weight * weight) / (squares[at % labels]! || 1);
  });
  const roots = importance.map(Math.sqrt);
  const mean = roots.reduce((sum, value) => sum + value, 0) / roots.length || 1;
  return Float32Array.from(roots, (value) => (value / mean + FLOOR) ** SHARPNESS);
}

/** The rows with their terms times their factors, at unit length again. */
export function sharpen(rows: SparseRows, factors: Float32Array): SparseRows {
  const weights = rows.weights.map((weight, e) => weight * factors[rows.terms[e]!]!);
  for (let i = 0; i < rows.rows; i++) {
    const row = weights.subarray(rows.starts[i], rows.starts[i + 1]);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let e = 0; e < row.length; e++) row[e] = row[e]! / length;
  }
  return { ...rows, weights };
}
