import type { ThreadPool } from '../inference/threads.js';
import { type Coefficients, sigmoid } from './calibration.js';
import type { LabelledText } from './corpus.js';
import { crossFit, FOLDS, pick } from './cross-fit.js';
import type { Head } from './head.js';
import { priorOf } from './label-sides.js';
import { fullRows } from './sparse.js';
import { lengthUnit, textLengths } from './text-lengths.js';
import type { trainTasks } from './train-thread.js';
import { thresholdsFor } from './training/aim.js';
import { calibrateAll, fitPlatt, someRows, type UnseenAnswers } from './training/calibrator.js';
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
  /** The texts that tell a film, whole or cut as a trailer's words: the calibration is theirs. */
  told: readonly number[];
  /** The texts, from here on, that look like a trailer's words: the thresholds are theirs. */
  trailerLike: number;
}

/**
 * Learns each label from all scores, held to the sources that stand for it, then calibrates on answers to films that neither the scores' models nor the
 * head had seen, and sets the thresholds for those of them that look like a trailer's words.
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
  const length = textLengths(lesson.told.map((row) => lengthOf(texts[row]!)));
  const answers: UnseenAnswers = {
    labels: labels.length,
    logits: pick(fit.unseen, lesson.told, labels.length),
    targets: Float32Array.from(pick(targets, lesson.told, labels.length), (side) =>
      side === 0 ? Number.NaN : (side + 1) / 2,
    ),
    lengths: Float32Array.from(lesson.told, (row) => lengthUnit(lengthOf(texts[row]!), length)),
    folds: Uint8Array.from(lesson.told, (row) => folds[row]!),
  };
  const calibrator = fitPlatt(answers);
  const thresholds = thresholdsFor(
    { kind: 'best-f1' },
    someRows(
      { ...answers, logits: calibrateAll(calibrator, answers) },
      (place) => lesson.told[place]! >= lesson.trailerLike,
    ),
    labels.map((id) => id.slice(0, id.indexOf('/'))),
  );
  return {
    length: {
      mean: round(length.mean),
      deviation: round(length.deviation),
      least: round(length.least),
      most: round(length.most),
    },
    labels: labels.map((id, j) => ({
      id,
      prior: round(priorOf(answers.targets, labels.length, j)),
      threshold: round(Math.max(LEAST_THRESHOLD, sigmoid(thresholds[j]!))),
      calibration: byLength(calibrator.labels[j]!),
      bias: round(fit.model.bias[j]!),
      weights: Array.from({ length: sources }, (_, s) =>
        round(fit.model.weights[s * labels.length + j]! * scale[s]!),
      ),
    })),
  };
}

/** The coefficients that need no paragraphs: the pack is asked for transcripts. */
function byLength([a, b, c, d]: Coefficients): [number, number, number, number] {
  return [a, b, c, d];
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

/** Six decimals: more would only say noise. */
const round = (value: number) => Math.round(value * 1e6) / 1e6;
