import { type LinearModel, type LogisticOptions, type Targets, trainLogistic } from '../logistic.js';
import { project, type SparseRows } from '../sparse.js';

export interface SharpenedLesson {
  rows: SparseRows;
  /** See `trainLogistic`. */
  targets: Targets;
  importance: Float32Array;
  options: LogisticOptions;
  /** Epochs of the first model, which only has to tell the terms that matter. */
  firstEpochs: number;
}

export interface SharpenedModel {
  model: LinearModel;
  /** One a term: what its weight in a row is multiplied by before the row is brought back to unit length. */
  factors: Float32Array;
}

/** How far a term's factor follows its importance: factor = (importance / mean + FLOOR)^SHARPNESS. */
const SHARPNESS = 0.5;
const FLOOR = 0.3;

/**
 * Linear models over rows whose terms count by what a first model made of them: a term that moved any label gets
 * more of the row's length, a term that moved none gets less. The importance is the root of the squared weights'
 * mean over the labels, each label's weights at unit length: the diagonal of the average outer product of gradients
 * (Radhakrishnan et al. 2024). Labels with few rows so learn which terms matter from labels with many.
 */
export function trainSharpened({
  rows,
  targets,
  importance,
  options,
  firstEpochs,
}: SharpenedLesson): SharpenedModel {
  const first = trainLogistic(rows, targets, importance, { ...options, epochs: firstEpochs });
  const factors = factorsOf(first);
  return { model: trainLogistic(sharpen(rows, factors), targets, importance, options), factors };
}

/** What a sharpened model that learned from some rows says of `others`: others × labels. */
export function scoreSharpened({
  others,
  ...lesson
}: SharpenedLesson & { others: SparseRows }): Float32Array {
  const { model, factors } = trainSharpened(lesson);
  return project(sharpen(others, factors), model.weights, model.labels, model.bias);
}

function factorsOf({ weights, labels }: LinearModel): Float32Array {
  const squares = new Float64Array(labels);
  weights.forEach((weight, at) => {
    squares[at % labels] = squares[at % labels]! + weight * weight;
  });
  const importance = new Float64Array(weights.length / labels);
  weights.forEach((weight, at) => {
    const term = Math.floor(at / labels);
    importance[term] = importance[term]! + (weight * weight) / (squares[at % labels]! || 1);
  });
  const roots = importance.map(Math.sqrt);
  const mean = roots.reduce((sum, value) => sum + value, 0) / roots.length || 1;
  return Float32Array.from(roots, (value) => (value / mean + FLOOR) ** SHARPNESS);
}

/** The rows with their terms times their factors, at unit length again. */
function sharpen(rows: SparseRows, factors: Float32Array): SparseRows {
  const weights = rows.weights.map((weight, e) => weight * factors[rows.terms[e]!]!);
  for (let i = 0; i < rows.rows; i++) {
    const row = weights.subarray(rows.starts[i], rows.starts[i + 1]);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let e = 0; e < row.length; e++) row[e] = row[e]! / length;
  }
  return { ...rows, weights };
}
