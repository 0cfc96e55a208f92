import { serveTasks } from '../inference/thread.js';
import type { LinearModel, LogisticOptions } from './logistic.js';
import { trainLogistic } from './logistic.js';
import { project, type SparseRows } from './sparse.js';

export interface LogisticTask {
  rows: SparseRows;
  targets: Int8Array;
  importance: Float32Array;
  options: LogisticOptions;
}

/** What a training thread can do. */
export const trainTasks = {
  /** A model of all rows. */
  logistic: ({ rows, targets, importance, options }: LogisticTask): LinearModel =>
    trainLogistic(rows, targets, importance, options),

  /** The logits that a model of `rows` gives to `others`. */
  logits: (input: LogisticTask & { others: SparseRows }): Float32Array => {
    const model = trainLogistic(input.rows, input.targets, input.importance, input.options);
    return project(input.others, model.weights, model.labels, model.bias);
  },
};

serveTasks(trainTasks);
