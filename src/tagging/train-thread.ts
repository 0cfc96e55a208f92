import { serveTasks } from '../inference/thread.js';
import { type LinearModel, type LogisticOptions, type Targets, trainLogistic } from './logistic.js';
import { project, type SparseRows } from './sparse.js';
import { learnLatentSpace } from './text-part/latent-space.js';
import { scoreMembers, trainMembers } from './text-part/members.js';
import { textRows } from './text-part/text-rows.js';
import { excerptsOf } from './training/excerpts.js';
import { keysOf } from './training/row-keys.js';

export interface LearningTask {
  rows: SparseRows;
  targets: Targets;
  importance: Float32Array;
  options: LogisticOptions;
  around?: Float32Array | undefined;
}

function learnModel({ rows, targets, importance, options, around }: LearningTask): LinearModel {
  return trainLogistic(rows, targets, importance, options, around);
}

/** What a training thread can do. */
export const trainTasks = {
  /** A logistic regression of all rows. */
  model: learnModel,

  /** The logits that a model of `rows` gives to `others`. */
  scores: ({ others, ...task }: LearningTask & { others: SparseRows }): Float32Array => {
    const { weights, labels, bias } = learnModel(task);
    return project(others, weights, labels, bias);
  },

  /** What a training asks of all its rows before it learns. */
  keys: keysOf,
  excerpts: ({ texts, seed }: { texts: string[][]; seed: number }) => excerptsOf(texts, seed),
  textRows,
  latentSpace: learnLatentSpace,

  members: trainMembers,
  memberScores: scoreMembers,
};

serveTasks(trainTasks);
