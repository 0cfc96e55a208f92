import { serveTasks } from '../inference/thread.js';
import type { LinearModel, LogisticOptions } from './logistic.js';
import { trainLogistic } from './logistic.js';
import { project, type SparseRows } from './sparse.js';
import { scoreSharpened, trainSharpened } from './text-part/sharpened.js';

export interface LogisticTask {
  rows: SparseRows;
  targets: Int8Array;
  importance: Float32Array;
  options: LogisticOptions;
  around?: Float32Array | undefined;
}

/** What a training thread can do. */
export const trainTasks = {
  /** A model of all rows. */
  logistic: ({ rows, targets, importance, options, around }: LogisticTask): LinearModel =>
    trainLogistic(rows, targets, importance, options, around),

  /** What a model of `rows` gives to `others`: their logits without the biases, and the biases. */
  scores: (input: LogisticTask & { others: SparseRows }): { scores: Float32Array; bias: Float32Array } => {
    const { weights, labels, bias } = trainLogistic(
      input.rows,
      input.targets,
      input.importance,
      input.options,
      input.around,
    );
    return { scores: project(input.others, weights, labels), bias };
  },

  sharpened: trainSharpened,
  sharpenedScores: scoreSharpened,
};

serveTasks(trainTasks);
