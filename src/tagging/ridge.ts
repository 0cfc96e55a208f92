import { ascend } from './dual-ascent.js';
import type { LinearModel, Targets } from './logistic.js';
import type { SparseRows } from './sparse.js';

export interface RidgeOptions {
  /** λ of λ‖w‖² + Σ (y − w·x)². */
  penalty: number;
  epochs: number;
  seed: number;
}

/**
 * Ridge regression of the targets, one a label, by dual ascent with the closed-form step for the squared loss. Labels
 * are not balanced and an answer that is too sure costs as well, so it errs otherwise than `trainLogistic` does.
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
  const dual = new Float32Array(rows.rows * labels);
  return ascend(rows, targets, new Float32Array(rows.columns * labels), {
    epochs,
    seed,
    takeSteps: (i, answers, squares, steps) => {
      const hold = penalty / importance[i]!;
      for (let j = 0; j < labels; j++) {
        const at = i * labels + j;
        const y = targets[at]!;
        steps[j] = y === 0 ? 0 : (y - answers[j]! - hold * dual[at]!) / (squares + hold);
        dual[at] = dual[at]! + steps[j]!;
      }
    },
  });
}
