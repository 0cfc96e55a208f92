import { serveTasks } from '../inference/thread.js';
import { type BayesOptions, trainBayes } from './bayes.js';
import type { LinearModel, LogisticOptions, Targets } from './logistic.js';
import { trainLogistic } from './logistic.js';
import { project, type SparseRows } from './sparse.js';
import { scoreMembers, trainMembers } from './text-part/members.js';
import { textRows } from './text-part/text-rows.js';
import { excerptsOf } from './training/excerpts.js';
import { keysOf } from './training/row-keys.js';

/** Logistic regression, or naive Bayes where smoothing is given. */
export type LearnerOptions = LogisticOptions | BayesOptions;

export interface LearningTask {
  rows: SparseRows;
  targets: Targets;
  importance: Float32Array;
  options: LearnerOptions;
  around?: Float32Array | undefined;
}

function learnModel({ rows, targets, importance, options, around }: LearningTask): LinearModel {
  return 'smoothing' in options
    ? trainBayes(rows, targets, importance, options)
    : trainLogistic(rows, targets, importance, options, around);
}

/** What a training thread can do. */
export const trainTasks = {
  /** A model of all rows. */
  model: learnModel,

  /** What a model of `rows` gives to `others`: their logits without the biases, and the biases. */
  scores: (input: LearningTask & { others: SparseRows }): { scores: Float32Array; bias: Float32Array } => {
    const { weights, labels, bias } = learnModel(input);
    return { scores: project(input.others, weights, labels), bias };
  },

  /** What a training asks of all its rows before it learns. */
  keys: keysOf,
  excerpts: ({ texts, seed }: { texts: string[][]; seed: number }) => excerptsOf(texts, seed),
  textRows,

  members: trainMembers,
  memberScores: scoreMembers,
};

serveTasks(trainTasks);
