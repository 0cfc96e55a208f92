import type { ThreadPool } from '../inference/threads.js';
import type { LinearModel, Targets } from './logistic.js';
import { pickRows, type SparseRows } from './sparse.js';
import type { LearnerOptions, trainTasks } from './train-thread.js';

export const FOLDS = 5;

export interface Lesson {
  rows: SparseRows;
  targets: Int8Array;
  importance: Float32Array;
  /** 0 … FOLDS − 1, one a row; rows of the same film share one. */
  folds: Uint8Array;
  /** See `trainLogistic`. */
  around?: Float32Array;
}

export interface CrossFit {
  /** Learned from all rows. */
  model: LinearModel;
  /** For each row the logits, without the bias, of a model that saw none of its fold: rows × labels. */
  unseen: Float32Array;
  /** The biases of those models: FOLDS × labels. */
  unseenBias: Float32Array;
}

/** Trains on all rows, and once without each fold for honest logits of that fold. */
export async function crossFit(
  lesson: Lesson,
  options: LearnerOptions,
  threads: ThreadPool<typeof trainTasks>,
): Promise<CrossFit> {
  const { rows, targets, importance, folds, around } = lesson;
  const labels = targets.length / rows.rows;
  const whole = threads.run('model', { rows, targets, importance, options, around });
  const parts = Array.from({ length: FOLDS }, async (_, fold) => {
    const seen = indices(folds, (f) => f !== fold);
    const others = indices(folds, (f) => f === fold);
    const result = await threads.run('scores', {
      rows: pickRows(rows, seen),
      targets: pick(targets, seen, labels),
      importance: importance.filter((_, i) => folds[i] !== fold),
      options,
      around,
      others: pickRows(rows, others),
    });
    return { fold, others, ...result };
  });
  const unseen = new Float32Array(targets.length);
  const unseenBias = new Float32Array(FOLDS * labels);
  for (const { fold, others, scores, bias } of await Promise.all(parts)) {
    unseenBias.set(bias, fold * labels);
    others.forEach((row, k) => {
      unseen.set(scores.subarray(k * labels, (k + 1) * labels), row * labels);
    });
  }
  return { model: await whole, unseen, unseenBias };
}

export function indices(folds: Uint8Array, wanted: (fold: number) => boolean): number[] {
  return Array.from(folds.keys()).filter((i) => wanted(folds[i]!));
}

/** The chosen rows of a rows × width matrix. */
export function pick<T extends Targets>(targets: T, chosen: readonly number[], width: number): T {
  const out = targets.slice(0, chosen.length * width) as T;
  chosen.forEach((row, k) => {
    out.set(targets.subarray(row * width, (row + 1) * width), k * width);
  });
  return out;
}
