import type { ThreadPool } from '../inference/threads.js';
import type { LinearModel, LogisticOptions, Targets } from './logistic.js';
import { pickRows, type SparseRows } from './sparse.js';
import type { trainTasks } from './train-thread.js';

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
  /** For each row the logits of a model that saw none of its fold: rows × labels. */
  unseen: Float32Array;
}

/** Trains on all rows, and once without each fold for honest logits of that fold. */
export async function crossFit(
  lesson: Lesson,
  options: LogisticOptions,
  threads: ThreadPool<typeof trainTasks>,
): Promise<CrossFit> {
  const { rows, targets, importance, folds, around } = lesson;
  const labels = targets.length / rows.rows;
  const whole = threads.run('model', { rows, targets, importance, options, around });
  const parts = Array.from({ length: FOLDS }, async (_, fold) => {
    const seen = indices(folds, (f) => f !== fold);
    const others = indices(folds, (f) => f === fold);
    const scores = await threads.run('scores', {
      rows: pickRows(rows, seen),
      targets: pick(targets, seen, labels),
      importance: importance.filter((_, i) => folds[i] !== fold),
      options,
      around,
      others: pickRows(rows, others),
    });
    return { others, scores };
  });
  const unseen = new Float32Array(targets.length);
  for (const { others, scores } of await Promise.all(parts)) {
    others.forEach((row, k) => {
      unseen.set(scores.subarray(k * labels, (k + 1) * labels), row * labels);
    });
  }
  return { model: await whole, unseen };
}

export function indices(folds: Uint8Array, wanted: (fold: number) => boolean): number[] {
  return Array.from(folds.keys()).filter((i) => wanted(folds[i]!));
}

/** The chosen rows of a rows × width matrix; a row may be chosen more than once. */
export function pick<T extends Targets>(targets: T, chosen: readonly number[], width: number): T {
  const Matrix = targets.constructor as new (length: number) => T;
  const out = new Matrix(chosen.length * width);
  chosen.forEach((row, k) => {
    out.set(targets.subarray(row * width, (row + 1) * width), k * width);
  });
  return out;
}
