import type { ThreadPool } from '../../inference/threads.js';
import { bestThreshold } from '../best-threshold.js';
import { sigmoid } from '../calibration.js';
import { isTold } from '../quality.js';
import type { trainTasks } from '../train-thread.js';
import type { TrainingRow } from '../training-row.js';
import { type KnownTexts, referenceLogits } from './reference.js';
import type { Scorer } from './scorer.js';

/** What a classifier must be better than, each rung a little harder; the last is the classifier itself. */
export const RUNGS = [
  'prior',
  'most frequent',
  'TF-IDF + logistic regression',
  'cinematic alone',
  'text alone',
  'concatenation',
  'calibrated',
] as const;
export type RungName = (typeof RUNGS)[number];

export interface Rung {
  rung: RungName;
  /** How it was made, or why it does not apply: one sentence. */
  note: string;
  /** rows × labels: log-odds; null where it does not apply. */
  logOdds: Float32Array | null;
  thresholds: Float64Array;
}

export interface LadderInput {
  rows: readonly TrainingRow[];
  /** rows × labels: 1 yes, −1 no, 0 unknown. */
  truth: Int8Array;
  scorer: Scorer;
  /** Places of the labels at hand among the scorer's. */
  places: readonly number[];
  /** What TF-IDF learns from; null: the rows themselves by folds. */
  learnFrom: KnownTexts | null;
}

const NO_HEAD = 'the classifier has no head over vectors';
const HINDSIGHT = 'one threshold, the best in hindsight';

/** The answers of every rung, and first of all those of the classifier. */
export async function climb(input: LadderInput, threads: ThreadPool<typeof trainTasks>): Promise<Rung[]> {
  const { scorer, places, rows, truth } = input;
  const only = (all: Float32Array) => pickColumns(all, scorer.space.labels.length, places);
  const priors = Float64Array.from(places, (place) => scorer.priors[place]!);
  const hasVectors = rows.some(({ vectors }) => Object.keys(vectors).length > 0);
  const hasWords = rows.some(({ lines }) => isTold(lines));
  const whole = await scorer.score(rows, 'all');
  const words = hasWords ? await scorer.score(rows, 'words') : null;
  const seen = hasVectors && scorer.readsVectors ? await scorer.score(rows, 'vectors') : null;
  const hindsight = (rung: RungName, note: string, logOdds: Float32Array): Rung => ({
    ...{ rung, note: `${note}; ${HINDSIGHT}`, logOdds },
    thresholds: new Float64Array(places.length).fill(bestThreshold(logOdds, truth)),
  });
  const absent = (rung: RungName, note: string): Rung => ({
    ...{ rung, note, logOdds: null, thresholds: new Float64Array(places.length) },
  });
  return [
    priorRung(priors, rows.length),
    frequentRung(priors, rows.length),
    hasWords
      ? hindsight(
          'TF-IDF + logistic regression',
          input.learnFrom
            ? 'learned from the rows that were named for it'
            : 'learned from these rows, in five folds',
          await referenceLogits({ texts: rows.map(textOf), truth }, input.learnFrom, threads),
        )
      : absent('TF-IDF + logistic regression', 'the rows have no words'),
    seen
      ? hindsight('cinematic alone', 'the classifier without the words', only(seen.raw ?? seen.logOdds))
      : absent('cinematic alone', hasVectors ? NO_HEAD : 'the rows have no pictures and no sound'),
    words
      ? hindsight('text alone', 'the words alone, before calibration', only(words.raw ?? words.logOdds))
      : absent('text alone', 'the rows have no words'),
    hasVectors && scorer.readsVectors && whole.raw
      ? hindsight('concatenation', 'all signals, before calibration', only(whole.raw))
      : absent('concatenation', hasVectors ? NO_HEAD : 'the rows have words alone'),
    {
      rung: 'calibrated',
      note: 'the classifier as it answers, with its own thresholds',
      logOdds: only(whole.logOdds),
      thresholds: Float64Array.from(places, (place) => scorer.thresholds[place]!),
    },
  ];
}

export const textOf = ({ lines }: TrainingRow) => lines.join('\n');

function priorRung(priors: Float64Array, rows: number): Rung {
  return {
    rung: 'prior',
    note: 'each label with its share of the training rows',
    logOdds: repeated(priors, rows),
    thresholds: new Float64Array(priors.length),
  };
}

/** As many of the most frequent labels as a row has on average, for every row. */
function frequentRung(priors: Float64Array, rows: number): Rung {
  const mean = priors.reduce((sum, prior) => sum + sigmoid(prior), 0);
  const most = Math.min(priors.length, Math.max(1, Math.round(mean)));
  const lowest = [...priors].sort((a, b) => b - a)[most - 1]!;
  return {
    rung: 'most frequent',
    note: `the ${most} most frequent label${most === 1 ? '' : 's'}, always`,
    logOdds: repeated(priors, rows),
    thresholds: new Float64Array(priors.length).fill(Math.fround(lowest)),
  };
}

function repeated(values: Float64Array, rows: number): Float32Array {
  return Float32Array.from({ length: rows * values.length }, (_, at) => values[at % values.length]!);
}

/** The columns at `places` of a rows × width matrix. */
export function pickColumns(all: Float32Array, width: number, places: readonly number[]): Float32Array {
  const rows = all.length / width;
  return Float32Array.from(
    { length: rows * places.length },
    (_, at) => all[Math.floor(at / places.length) * width + places[at % places.length]!]!,
  );
}
