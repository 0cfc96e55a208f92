import { Failure } from '../../failure.js';
import { usableCores } from '../../inference/machine.js';
import { builtModule, ThreadPool } from '../../inference/threads.js';
import {
  byFrequency,
  type LabelSpace,
  type NameCount,
  placesOfName,
  type SpaceLabel,
  someGroups,
} from '../label-space.js';
import type { trainTasks } from '../train-thread.js';
import { truthOf } from '../training/aim.js';
import { fingerprintRow, type TrainingRow } from '../training-row.js';
import type { Answered } from './answered.js';
import type { LabelFigures, Measured, Metrics } from './intervals.js';
import { climb, type Rung, type RungName, textOf } from './ladder.js';
import type { measureTasks } from './measure-thread.js';
import { type ReliabilityBin, reliabilityOf } from './reliability.js';
import type { Scorer } from './scorer.js';
import { SLICES } from './slices.js';

export interface EvaluationOptions {
  /** None given: all. */
  groups: readonly string[];
  /** Names or ids; none given: all. */
  labels: readonly string[];
  /** Measure on rows that the classifier learned from, too. */
  allowSeen: boolean;
  /** Rows that the ladder's TF-IDF learns from; none given: the rows themselves, in folds. */
  learnFrom: readonly TrainingRow[];
  draws: number;
  seed: number;
}

export interface EvaluatedLabel extends LabelFigures {
  /** Label id. */
  label: string;
  group: string;
  name: string;
  /** Probability from which on it is accepted. */
  threshold: number;
}

/** The figures of all labels, or of one group. */
export interface GroupEvaluation {
  metrics: Metrics;
  perLabel: EvaluatedLabel[];
  ladder: { rung: RungName; note: string; metrics: Metrics | null }[];
  coverageRisk: Measured['coverageRisk'];
  reliability: ReliabilityBin[];
}

/** Films share synopses now and then: such rows are left out. When more are known, they are the training rows. */
const MOST_SEEN = 0.5;

/** What `marquee evaluate --json` prints: the figures of all groups together, and of each. */
export interface Evaluation extends GroupEvaluation {
  classifier: string;
  /** Those whose words taught the classifier are not judged, unless that is allowed. */
  rows: { given: number; judged: number; seenInTraining: number };
  /** Set when rows that taught the classifier were measured on. */
  warning: string | null;
  /** Names in the rows that no label of the classifier is known by. */
  unknownLabels: NameCount[];
  /** Labels of the classifier that no row names: the rows cannot judge them. */
  unjudgedLabels: string[];
  draws: number;
  seed: number;
  slices: { slice: string; note: string; rows: number; metrics: Metrics | null }[];
  groups: Record<string, GroupEvaluation>;
}

/**
 * Measures a classifier on labelled rows, beside the ladder, with 95 % intervals. Labels that no row names are left
 * out, as the rows may come from where they are not used. Runs in worker threads.
 * @throws Failure BAD_INPUT when nothing can be judged, CONFLICT when half of the rows taught the classifier and
 * that is not allowed
 */
export async function evaluate(
  given: readonly TrainingRow[],
  scorer: Scorer,
  options: EvaluationOptions,
  progress: (done: number, of: number) => void = () => {},
): Promise<Evaluation> {
  const besides = new Set(options.learnFrom.map(fingerprintRow));
  const isUnseen = (fingerprint: string) => !besides.has(fingerprint) && !scorer.learnedFrom(fingerprint);
  const unseen = given.filter((row) => isUnseen(fingerprintRow(row)));
  const seen = given.length - unseen.length;
  if (seen > MOST_SEEN * given.length && !options.allowSeen) {
    throw new Failure(
      'CONFLICT',
      `The classifier learned from ${seen} of these ${given.length} rows: give others, or --seen to measure on them all the same.`,
    );
  }
  const candidates = options.allowSeen ? given : unseen;
  const { values, unknownNames } = scorer.targets(candidates);
  const { places, unjudged } = judgedPlaces(scorer.space, values, options);
  const rows = candidates.filter((_, i) => places.some((j) => isKnown(values, scorer.space, i, j)));
  const truth = truthOn(rows, scorer, places);
  const threads = {
    train: new ThreadPool<typeof trainTasks>(
      builtModule('../train-thread.js', import.meta.url),
      usableCores(),
    ),
    measure: new ThreadPool<typeof measureTasks>(
      builtModule('./measure-thread.js', import.meta.url),
      usableCores(),
    ),
  };
  try {
    const learnFrom =
      options.learnFrom.length > 0
        ? { texts: options.learnFrom.map(textOf), truth: truthOn(options.learnFrom, scorer, places) }
        : null;
    progress(0, 1);
    const ladder = await climb({ rows, truth, scorer, places, learnFrom }, threads.train);
    const labels = places.map((place) => scorer.space.labels[place]!);
    const judge = judgeWith(threads.measure, options, progress);
    const whole = await judge(labels, ladder, truth);
    const groups: Evaluation['groups'] = {};
    for (const group of new Set(labels.map((label) => label.group))) {
      const own = labels.flatMap((label, j) => (label.group === group ? [j] : []));
      groups[group] =
        own.length === labels.length ? whole : await judge(...onlyLabels(labels, ladder, truth, own));
    }
    const answers: Answered = { labels: labels.length, truth, ...answersOf(ladder.at(-1)!) };
    return {
      classifier: scorer.name,
      rows: { given: given.length, judged: rows.length, seenInTraining: seen },
      warning:
        seen > 0 && options.allowSeen
          ? `${seen} of the rows taught the classifier: these figures flatter it.`
          : null,
      unknownLabels: byFrequency(unknownNames),
      unjudgedLabels: unjudged.map(({ id }) => id),
      ...{ draws: options.draws, seed: options.seed },
      ...whole,
      slices: await measureSlices(rows, answers, threads.measure, options),
      groups,
    };
  } finally {
    await Promise.all([threads.train.close(), threads.measure.close()]);
  }
}

function isKnown(values: Float32Array, { labels }: LabelSpace, row: number, label: number): boolean {
  return !Number.isNaN(values[row * labels.length + label]!);
}

/** The labels that are asked for and that some row has. @throws Failure BAD_INPUT */
function judgedPlaces(
  space: LabelSpace,
  values: Float32Array,
  options: Pick<EvaluationOptions, 'groups' | 'labels'>,
): { places: number[]; unjudged: SpaceLabel[] } {
  const inGroups = new Set(someGroups(space, options.groups).labels);
  const wanted = options.labels.flatMap((name) => {
    const found = placesOfName(space, name);
    if (found.length === 0)
      throw new Failure('BAD_INPUT', `There is no label ${name} in the classifier: check --labels.`);
    return found;
  });
  const asked = space.labels.flatMap((label, j) =>
    inGroups.has(label) && (wanted.length === 0 || wanted.includes(j)) ? [j] : [],
  );
  const width = space.labels.length;
  const named = new Set(asked.filter((j) => values.some((value, at) => at % width === j && value >= 0.5)));
  if (named.size === 0) {
    throw new Failure(
      'BAD_INPUT',
      'The rows name none of the labels that are asked for: give rows with labels of these groups.',
    );
  }
  return {
    places: asked.filter((j) => named.has(j)),
    unjudged: asked.filter((j) => !named.has(j)).map((j) => space.labels[j]!),
  };
}

function truthOn(rows: readonly TrainingRow[], scorer: Scorer, places: readonly number[]): Int8Array {
  const { values } = scorer.targets(rows);
  const width = scorer.space.labels.length;
  return Int8Array.from({ length: rows.length * places.length }, (_, at) =>
    truthOf(values[Math.floor(at / places.length) * width + places[at % places.length]!]!),
  );
}

const answersOf = ({ logOdds, thresholds }: Rung) => ({ logOdds: logOdds!, thresholds });

/** Measures some labels on every rung; the classifier's own figures are those of the last. */
function judgeWith(
  threads: ThreadPool<typeof measureTasks>,
  { draws, seed }: EvaluationOptions,
  progress: (done: number, of: number) => void,
) {
  let done = 0;
  let of = 0;
  return async (
    labels: readonly SpaceLabel[],
    ladder: readonly Rung[],
    truth: Int8Array,
  ): Promise<GroupEvaluation> => {
    of += ladder.length;
    const measured = await Promise.all(
      ladder.map(async (rung) => {
        const answered = { labels: labels.length, truth, ...answersOf(rung) };
        const figures = rung.logOdds ? await threads.run('measure', { answered, draws, seed }) : null;
        progress(++done, of);
        return figures;
      }),
    );
    const own = measured.at(-1)!;
    const { logOdds, thresholds } = answersOf(ladder.at(-1)!);
    return {
      metrics: own.metrics,
      perLabel: labels.map(({ id, group, name }, j) => ({
        ...{ label: id, group, name, threshold: 1 / (1 + Math.exp(-thresholds[j]!)) },
        ...own.perLabel[j]!,
      })),
      ladder: ladder.map(({ rung, note }, k) => ({ rung, note, metrics: measured[k]?.metrics ?? null })),
      coverageRisk: own.coverageRisk,
      reliability: reliabilityOf(logOdds, truth),
    };
  };
}

function onlyLabels(
  labels: readonly SpaceLabel[],
  ladder: readonly Rung[],
  truth: Int8Array,
  own: readonly number[],
): [SpaceLabel[], Rung[], Int8Array] {
  const width = labels.length;
  const size = (truth.length / width) * own.length;
  const from = (at: number) => Math.floor(at / own.length) * width + own[at % own.length]!;
  return [
    own.map((j) => labels[j]!),
    ladder.map((rung) => ({
      ...rung,
      logOdds: rung.logOdds && Float32Array.from({ length: size }, (_, at) => rung.logOdds![from(at)]!),
      thresholds: Float64Array.from(own, (j) => rung.thresholds[j]!),
    })),
    Int8Array.from({ length: size }, (_, at) => truth[from(at)]!),
  ];
}

async function measureSlices(
  rows: readonly TrainingRow[],
  answers: Answered,
  threads: ThreadPool<typeof measureTasks>,
  { draws, seed }: EvaluationOptions,
): Promise<Evaluation['slices']> {
  const { labels } = answers;
  return Promise.all(
    SLICES.map(async ({ slice, note, has }) => {
      const known = rows.some((row) => has(row) !== null);
      const places = rows.flatMap((row, i) => (has(row) ? [i] : []));
      const pick = <T extends Float32Array | Int8Array>(from: T, make: (n: number) => T): T => {
        const out = make(places.length * labels);
        places.forEach((row, k) => {
          out.set(from.subarray(row * labels, (row + 1) * labels), k * labels);
        });
        return out;
      };
      const answered: Answered = {
        ...answers,
        logOdds: pick(answers.logOdds, (n) => new Float32Array(n)),
        truth: pick(answers.truth, (n) => new Int8Array(n)),
      };
      const measured = places.length > 0 ? await threads.run('measure', { answered, draws, seed }) : null;
      return {
        ...{ slice, note: known ? note : `${note}: not known of these rows`, rows: places.length },
        metrics: measured?.metrics ?? null,
      };
    }),
  );
}
