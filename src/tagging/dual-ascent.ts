import type { LinearModel, Targets } from './logistic.js';
import { permutation, randomStream } from './random.js';
import type { SparseRows } from './sparse.js';

export interface Ascent {
  /** Sweeps over the rows. */
  epochs: number;
  seed: number;
  /**
   * Moves a row's dual variables and writes by how much, one a label, into `steps`.
   * @param answers what the model says of the row, one a label
   * @param squares the row's squared length, the constant column of 1 included
   */
  takeSteps(row: number, answers: Float32Array, squares: number, steps: Float32Array): void;
}

/**
 * Stochastic dual coordinate ascent for linear models over sparse rows (Shalev-Shwartz & Zhang 2013), one a label, all
 * labels in one sweep over the rows: a step of a row's dual variable moves the row's weights and the bias. It needs no
 * learning rate, and one seed gives the same bits every time. Rows of which nothing is known are passed over.
 * @param targets rows × labels, 0 unknown
 * @param weights where to begin: columns × labels, changed in place
 */
export function ascend(
  rows: SparseRows,
  targets: Targets,
  weights: Float32Array,
  { epochs, seed, takeSteps }: Ascent,
): LinearModel {
  const labels = targets.length / rows.rows;
  const bias = new Float32Array(labels);
  const answers = new Float32Array(labels);
  const steps = new Float32Array(labels);
  const random = randomStream(seed);
  const known = rowsWithTargets(targets, labels);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const place of permutation(known.length, random)) {
      const i = known[place]!;
      const [start, end] = [rows.starts[i]!, rows.starts[i + 1]!];
      let squares = 1; // the constant column
      answers.set(bias);
      for (let e = start; e < end; e++) {
        const from = rows.terms[e]! * labels;
        const x = rows.weights[e]!;
        squares += x * x;
        for (let j = 0; j < labels; j++) answers[j] = answers[j]! + x * weights[from + j]!;
      }
      takeSteps(i, answers, squares, steps);
      for (let j = 0; j < labels; j++) bias[j] = bias[j]! + steps[j]!;
      for (let e = start; e < end; e++) {
        const from = rows.terms[e]! * labels;
        const x = rows.weights[e]!;
        for (let j = 0; j < labels; j++) weights[from + j] = weights[from + j]! + x * steps[j]!;
      }
    }
  }
  return { labels, weights, bias };
}

/** Rows of which something is known; the others teach nothing. */
function rowsWithTargets(targets: Targets, labels: number): Int32Array {
  const rows = new Set<number>();
  for (let at = 0; at < targets.length; at++) if (targets[at] !== 0) rows.add(Math.floor(at / labels));
  return Int32Array.from(rows);
}
