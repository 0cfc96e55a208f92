import { ascend } from './dual-ascent.js';
import type { SparseRows } from './sparse.js';

export interface LogisticOptions {
  /** C of the primal ½‖w‖² + C Σ log(1 + e^(−y w·x)): larger fits the rows more closely. */
  cost: number;
  /** 0: rows weigh the same; 1: positives of a label weigh as much as its negatives altogether. */
  balance: number;
  epochs: number;
  seed: number;
}

/** −1 … 1; whole numbers where every row is sure. */
export type Targets = Int8Array | Float32Array;

/** columns × labels weights, and one bias a label (the weight of a constant column of 1). */
export interface LinearModel {
  labels: number;
  weights: Float32Array;
  bias: Float32Array;
}

/**
 * One logistic regression a label by dual ascent, with the closed-form step for the logistic loss. A label's result
 * does not depend on which other labels are trained along.
 *
 * @param targets rows × labels: 1 has the label, −1 does not, 0 unknown there; between, a row counts on both sides:
 *   y as (1 + y) / 2 of a row with the label and (1 − y) / 2 of one without
 * @param importance one a row, scales its cost
 * @param around columns × labels: the weights that ½‖w − around‖² holds to instead of 0
 */
export function trainLogistic(
  rows: SparseRows,
  targets: Targets,
  importance: Float32Array,
  options: LogisticOptions,
  around?: Float32Array,
): LinearModel {
  const labels = targets.length / rows.rows;
  const dual = new Float32Array(rows.rows * labels);
  const positive = positiveWeights(targets, labels, options.balance);
  return ascend(rows, targets, around ? around.slice() : new Float32Array(rows.columns * labels), {
    ...options,
    takeSteps: (i, logits, squares, steps) => {
      const cost = options.cost * importance[i]!;
      for (let j = 0; j < labels; j++) {
        const at = i * labels + j;
        const y = targets[at]!;
        if (y === 0) {
          steps[j] = 0;
          continue;
        }
        const yes = ((1 + y) / 2) * positive[j]!;
        const both = yes + (1 - y) / 2;
        const goal = cost * (yes - both / (1 + Math.exp(-logits[j]!)));
        const step = (goal - dual[at]!) / (1 + (squares * cost * both) / 4);
        dual[at] = dual[at]! + step;
        steps[j] = step;
      }
    },
  });
}

function positiveWeights(targets: Targets, labels: number, balance: number): Float32Array {
  const positives = new Float32Array(labels);
  const negatives = new Float32Array(labels);
  for (let at = 0; at < targets.length; at++) {
    if (targets[at]! > 0) positives[at % labels] = positives[at % labels]! + 1;
    else if (targets[at]! < 0) negatives[at % labels] = negatives[at % labels]! + 1;
  }
  return positives.map((n, j) => (n > 0 ? (negatives[j]! / n) ** balance : 1));
}
