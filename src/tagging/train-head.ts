import type { ThreadPool } from '../inference/threads.js';
import { fitCalibration, offsetAt, sigmoid, slopeAt } from './calibration.js';
import type { LabelledText } from './corpus.js';
import { type CrossFit, crossFit, FOLDS } from './cross-fit.js';
import { type Head, lengthUnit } from './head.js';
import { columns } from './measure.js';
import { fullRows } from './sparse.js';
import { tuneThresholds } from './thresholds.js';
import type { trainTasks } from './train-thread.js';
import { foldOf, lengthOf } from './training-set.js';

/**
 * No label is accepted below this probability: for labels that words hardly tell, best F1 lies where nine in ten answers
 * are wrong, and that is no help to an editor.
 */
const LEAST_THRESHOLD = 0.1;

export interface HeadLesson {
  texts: LabelledText[];
  /** texts × sources: scores by models that did not see the text's film, without bias. */
  scores: Float32Array;
  sources: number;
  /** texts × labels. */
  targets: Int8Array;
  labels: readonly string[];
  /** labels × sources: 1 where a source stands for the label. The weights are held to it. */
  mapped: Float32Array;
  /** The texts, from here on, that look like a trailer's words: calibration and thresholds are theirs. */
  calibrateFrom: number;
}

/**
 * Learns each label from all scores, held to the sources that stand for it, then calibrates on answers to films that neither the scores' models nor the
 * head had seen, and tunes the thresholds on the same answers.
 */
export async function learnHead(
  lesson: HeadLesson,
  options: { cost: number; balance: number; epochs: number; seed: number },
  threads: ThreadPool<typeof trainTasks>,
): Promise<Head> {
  const { texts, sources, targets, labels } = lesson;
  const scale = scalesOf(lesson.scores, sources);
  const folds = Uint8Array.from(texts, (text) => foldOf(text, FOLDS));
  const fit = await crossFit(
    {
      rows: fullRows(lesson.scores, scale),
      targets,
      importance: new Float32Array(texts.length).fill(1),
      folds,
      around: Float32Array.from(lesson.mapped, (_, at) => {
        const [source, label] = [Math.floor(at / labels.length), at % labels.length];
        return lesson.mapped[label * sources + source]! / scale[source]!;
      }),
    },
    options,
    threads,
  );
  const length = lengthRange(texts.slice(lesson.calibrateFrom));
  const units = Float32Array.from(texts, (text) => lengthUnit(lengthOf(text), { length }));
  const calibrated = columns({
    labels: labels.length,
    scores: withBias(fit, folds).subarray(lesson.calibrateFrom * labels.length),
    truth: targets.subarray(lesson.calibrateFrom * labels.length),
  }).map(({ scores, truth }) => {
    const u = units.subarray(lesson.calibrateFrom);
    const calibration = fitCalibration(scores, u, truth);
    const logOdds = scores.map((z, i) => slopeAt(calibration, u[i]!) * z + offsetAt(calibration, u[i]!));
    return { calibration, logOdds, truth };
  });
  const thresholds = tuneThresholds(
    calibrated.map(({ logOdds }) => logOdds),
    calibrated.map(({ truth }) => truth),
  );
  return {
    length,
    labels: labels.map((id, j) => ({
      id,
      prior: priorOf(calibrated[j]!.truth),
      threshold: round(Math.max(LEAST_THRESHOLD, sigmoid(thresholds[j]!))),
      calibration: calibrated[j]!.calibration.coefficients,
      bias: round(fit.model.bias[j]!),
      weights: Array.from({ length: sources }, (_, s) =>
        round(fit.model.weights[s * labels.length + j]! * scale[s]!),
      ),
    })),
  };
}

/** The unseen scores as log-odds: each with the bias of the model that gave it. */
function withBias({ unseen, unseenBias, model }: CrossFit, folds: Uint8Array): Float32Array {
  return unseen.map((score, at) => {
    const fold = folds[Math.floor(at / model.labels)]!;
    return score + unseenBias[fold * model.labels + (at % model.labels)]!;
  });
}

/** Brings every source to the same spread and a row to about unit length, as the solver likes it. */
function scalesOf(scores: Float32Array, width: number): Float32Array {
  const squares = new Float64Array(width);
  scores.forEach((value, at) => {
    squares[at % width] = squares[at % width]! + value * value;
  });
  const rows = scores.length / width;
  return Float32Array.from(squares, (sum) => 1 / (Math.sqrt((sum / rows) * width) || 1));
}

function lengthRange(texts: readonly LabelledText[]): Head['length'] {
  const lengths = texts.map((text) => Math.log(1 + lengthOf(text)));
  const mean = lengths.reduce((sum, value) => sum + value, 0) / lengths.length;
  const variance = lengths.reduce((sum, value) => sum + (value - mean) ** 2, 0) / lengths.length;
  return {
    mean: round(mean),
    deviation: round(Math.sqrt(variance)),
    least: round(Math.min(...lengths)),
    most: round(Math.max(...lengths)),
  };
}

/** Log-odds of the label, one imagined text added on each side. */
function priorOf(truth: Int8Array): number {
  const positives = truth.reduce((n, value) => n + (value > 0 ? 1 : 0), 1);
  const negatives = truth.reduce((n, value) => n + (value < 0 ? 1 : 0), 1);
  return round(Math.log(positives / negatives));
}

/** Six decimals: more would only say noise. */
const round = (value: number) => Math.round(value * 1e6) / 1e6;
