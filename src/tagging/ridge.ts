import type { LinearModel, Targets } from './logistic.js';
import { permutation, randomStream } from './random.js';
import type { SparseRows } from './sparse.js';

export interface RidgeOptions {
  /** λ of λ‖w‖² + Σ (y − w·x)². */
  penalty: number;
  epochs: number;
  seed: number;
}

/**
 * Ridge regression of the targets, one a label, all labels in one sweep over the rows: dual coordinate ascent with the
 * closed-form step for the squared loss (Shalev-Shwartz & Zhang 2013). Labels are not balanced and an answer that is
 * too sure costs as well, so it errs otherwise than `trainLogistic` does. One seed gives the same bits every time.
 * @param targets rows × labels, see `trainLogistic`; 0 teaches nothing
 * @param importance one a row, above 0, scales its loss
 */
export function trainRidge(
  rows: SparseRows,
  targets: Targets,
  importance: Float32Array,
  { penalty, epochs, seed }: RidgeOptions,
): LinearModel {
  const labels = targets.length / rows.rows;
  const weights = new Float32Array(rows.columns * labels);
  const bias = new Float32Array(labels);
  const dual = new Float32Array(rows.rows * labels);
  const answers = new Float32Array(labels);
  const steps = new Float32Array(labels);
  const random = randomStream(seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const i of permutation(rows.rows, random)) {
      const [start, end] = [rows.starts[i]!, rows.starts[i + 1]!];
      let squares = 1; // the constant column
      answers.set(bias);
      for (let e = start; e < end; e++) {
        const from = rows.terms[e]! * labels;
        const x = rows.weights[e]!;
        squares += x * x;
        for (let j = 0; j < labels; j++) answers[j] = answers[j]! + x * weights[from + j]!;
      }
      const hold = penalty / importance[i]!;
      for (let j = 0; j < labels; j++) {
        const at = i * labels + j;
        const y = targets[at]!;
        steps[j] = y === 0 ? 0 : (y - answers[j]! - hold * dual[at]!) / (squares + hold);
        dual[at] = dual[at]! + steps[j]!;
        bias[j] = bias[j]! + steps[j]!;
      }
      for (let e = start; e < end; e++) {
        const from = rows.terms[e]! * labels;
        const x = rows.weights[e]!;
        for (let j = 0; j < labels; j++) weights[from + j] = weights[from + j]! + x * steps[j]!;
      }
    }
  }
  return { labels, weights, bias };
}
