import { type Coefficients, fitCalibration, offsetAt, sigmoid, slopeAt } from '../calibration.js';
import type { TextShape } from '../text-shape.js';

/**
 * How raw logits become log-odds that mean what they say. Platt: four or five numbers a label, with the text's shape beside the score
 * (calibration.ts). Temperature: one factor for all labels (Guo et al. 2017). Isotonic: one rising curve a label
 * through the knots (Zadrozny & Elkan 2002), flat outside them.
 */
export type Calibrator =
  | { method: 'platt'; labels: Coefficients[] }
  | { method: 'temperature'; factor: number }
  | { method: 'isotonic'; labels: { from: number[]; to: number[] }[] };

export type CalibrationMethod = Calibrator['method'];
export const CALIBRATION_METHODS: readonly CalibrationMethod[] = ['platt', 'isotonic', 'temperature'];

/** Answers to rows that the model behind them never saw. */
export interface UnseenAnswers {
  labels: number;
  /** rows × labels. */
  logits: Float32Array;
  /** rows × labels: 0 … 1, NaN unknown. */
  targets: Float32Array;
  /** Of each row `TextShape.length`. */
  lengths: Float32Array;
  /** Of each row `TextShape.paragraphs`, where they are known. */
  paragraphs?: Float32Array;
  folds: Uint8Array;
}

/** The log-odds of one label for a text of a shape. */
export function calibrate(calibrator: Calibrator, label: number, logit: number, shape: TextShape): number {
  if (calibrator.method === 'temperature') return logit * calibrator.factor;
  if (calibrator.method === 'isotonic') return interpolate(calibrator.labels[label]!, logit);
  const coefficients = { coefficients: calibrator.labels[label]! };
  return slopeAt(coefficients, shape.length) * logit + offsetAt(coefficients, shape.length, shape.paragraphs);
}

/** All answers calibrated: rows × labels. */
export function calibrateAll(
  calibrator: Calibrator,
  {
    labels,
    logits,
    lengths,
    paragraphs,
  }: Pick<UnseenAnswers, 'labels' | 'logits' | 'lengths' | 'paragraphs'>,
): Float32Array {
  return logits.map((logit, at) => {
    const row = Math.floor(at / labels);
    const shape = { length: lengths[row]!, paragraphs: paragraphs?.[row] ?? 0 };
    return calibrate(calibrator, at % labels, logit, shape);
  });
}

export function fitCalibrator(method: CalibrationMethod, answers: UnseenAnswers): Calibrator {
  if (method === 'temperature') return { method, factor: fitFactor(answers) };
  if (method === 'isotonic') return { method, labels: columnsOf(answers).map(fitCurve) };
  return fitPlatt(answers);
}

export function fitPlatt(answers: UnseenAnswers): Extract<Calibrator, { method: 'platt' }> {
  return {
    method: 'platt',
    labels: columnsOf(answers).map(
      ({ logits, targets, ...shapes }) =>
        fitCalibration(
          logits,
          shapes,
          targets.map((target) => 2 * target - 1),
        ).coefficients,
    ),
  };
}

/**
 * The method of the least mean cross-entropy on folds that it was not fitted on, fitted on all of them.
 * @returns the losses too, in nats an answer
 */
export function chooseCalibrator(answers: UnseenAnswers): {
  calibrator: Calibrator;
  losses: Record<CalibrationMethod, number>;
} {
  const folds = [...new Set(answers.folds)];
  const lossOf = (method: CalibrationMethod) => {
    const parts = folds.map((fold) => {
      const fitted = fitCalibrator(
        method,
        someRows(answers, (row) => answers.folds[row] !== fold),
      );
      const others = someRows(answers, (row) => answers.folds[row] === fold);
      return crossEntropy(calibrateAll(fitted, others), others.targets);
    });
    const answered = parts.reduce((sum, part) => sum + part.answers, 0);
    return parts.reduce((sum, part) => sum + part.loss, 0) / Math.max(1, answered);
  };
  const losses = { platt: lossOf('platt'), isotonic: lossOf('isotonic'), temperature: lossOf('temperature') };
  const best = CALIBRATION_METHODS.reduce((a, b) => (losses[b] < losses[a] ? b : a));
  return { calibrator: fitCalibrator(best, answers), losses };
}

/** Sum over the known answers, in nats. */
export function crossEntropy(
  logOdds: Float32Array,
  targets: Float32Array,
): { loss: number; answers: number } {
  let loss = 0;
  let answers = 0;
  logOdds.forEach((z, at) => {
    const target = targets[at]!;
    if (Number.isNaN(target)) return;
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z;
    answers++;
  });
  return { loss, answers };
}

export function someRows(answers: UnseenAnswers, wanted: (row: number) => boolean): UnseenAnswers {
  const rows = [...answers.folds.keys()].filter(wanted);
  const { labels } = answers;
  const pick = (from: Float32Array) => {
    const out = new Float32Array(rows.length * labels);
    rows.forEach((row, k) => {
      out.set(from.subarray(row * labels, (row + 1) * labels), k * labels);
    });
    return out;
  };
  return {
    labels,
    logits: pick(answers.logits),
    targets: pick(answers.targets),
    ...shapesOf(answers, rows),
    folds: Uint8Array.from(rows, (row) => answers.folds[row]!),
  };
}

interface Column extends Pick<UnseenAnswers, 'lengths' | 'paragraphs'> {
  logits: Float32Array;
  targets: Float32Array;
}

const columnsOf = (answers: UnseenAnswers) =>
  Array.from({ length: answers.labels }, (_, j) => columnOf(answers, j));

/** One label's known answers. */
function columnOf(answers: UnseenAnswers, label: number): Column {
  const { labels, logits, targets } = answers;
  const rows = [...answers.lengths.keys()].filter((row) => !Number.isNaN(targets[row * labels + label]!));
  return {
    logits: Float32Array.from(rows, (row) => logits[row * labels + label]!),
    targets: Float32Array.from(rows, (row) => targets[row * labels + label]!),
    ...shapesOf(answers, rows),
  };
}

function shapesOf(
  { lengths, paragraphs }: UnseenAnswers,
  rows: readonly number[],
): Pick<Column, 'lengths' | 'paragraphs'> {
  const some = (values: Float32Array) => Float32Array.from(rows, (row) => values[row]!);
  return { lengths: some(lengths), ...(paragraphs ? { paragraphs: some(paragraphs) } : {}) };
}

/** Newton's method on the one factor; held to 1 by as much as one answer would. */
function fitFactor({ logits, targets }: UnseenAnswers): number {
  let factor = 1;
  for (let round = 0; round < 30; round++) {
    let gradient = factor - 1;
    let curvature = 1;
    logits.forEach((logit, at) => {
      const target = targets[at]!;
      if (Number.isNaN(target)) return;
      const p = sigmoid(factor * logit);
      gradient += (p - target) * logit;
      curvature += p * (1 - p) * logit * logit;
    });
    factor = Math.max(0.01, factor - gradient / curvature);
  }
  return factor;
}

/** Pool adjacent violators: runs of answers whose mean rises; each run is a knot at its mean logit. */
function fitCurve({ logits, targets }: Column): { from: number[]; to: number[] } {
  const order = [...logits.keys()].sort((a, b) => logits[a]! - logits[b]! || a - b);
  const runs: { logit: number; target: number; size: number }[] = [];
  for (const row of order) {
    let run = { logit: logits[row]!, target: targets[row]!, size: 1 };
    for (
      let last = runs.at(-1);
      last && last.target / last.size >= run.target / run.size;
      last = runs.at(-1)
    ) {
      runs.pop();
      run = { logit: last.logit + run.logit, target: last.target + run.target, size: last.size + run.size };
    }
    runs.push(run);
  }
  // Half an imagined answer among all: no curve is surer than the answers that it was drawn through.
  const least = 0.5 / (order.length + 1);
  const held = (share: number) => Math.min(1 - least, Math.max(least, share));
  return {
    from: runs.map(({ logit, size }) => logit / size),
    to: runs.map(({ target, size }) => logOddsOf(held(target / size))),
  };
}

const logOddsOf = (probability: number) => Math.log(probability / (1 - probability));

function interpolate({ from, to }: { from: number[]; to: number[] }, logit: number): number {
  if (from.length === 0) return logit;
  const above = from.findIndex((knot) => knot >= logit);
  if (above === 0) return to[0]!;
  if (above < 0) return to.at(-1)!;
  const share = (logit - from[above - 1]!) / (from[above]! - from[above - 1]!);
  return to[above - 1]! + share * (to[above]! - to[above - 1]!);
}
