import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Failure } from '../../failure.js';
import { usableCores } from '../../inference/machine.js';
import { builtModule, ThreadPool } from '../../inference/threads.js';
import { sigmoid } from '../calibration.js';
import type { Classifier } from '../classifier.js';
import { writeClassifier } from '../classifier-file.js';
import { FOLDS, pick } from '../cross-fit.js';
import { priorOf, sidesOf } from '../label-sides.js';
import {
  byFrequency,
  type LabelSpace,
  type NameCount,
  someGroups,
  someLabels,
  spaceOfRows,
  spaceOfTaxonomy,
  targetsOf,
} from '../label-space.js';
import { FEWEST_WORDS } from '../quality.js';
import { hash32 } from '../random.js';
import { learnTextPart } from '../text-part/learn-text-part.js';
import type { Mixture } from '../text-part/mixture.js';
import type { TextPart } from '../text-part/text-part.js';
import { withTextThreads } from '../text-part/text-threads.js';
import { shapeOf, shapeScale, type TextSize, USUAL_SHAPE } from '../text-shape.js';
import type { TrainingOptions, TrainingProgress } from '../train-classifier.js';
import type { trainTasks } from '../train-thread.js';
import { REGISTERS, type TrainingRow } from '../training-row.js';
import { thresholdsFor } from './aim.js';
import { calibrateAll, chooseCalibrator, type UnseenAnswers } from './calibrator.js';
import type { Excerpt } from './excerpts.js';
import type { fitTasks } from './fit-thread.js';
import { type LearnedVectors, learnVectors } from './learn-vectors.js';
import { learnLevels } from './least-words.js';
import type { RowKey } from './row-keys.js';
import { unseenFigures } from './unseen-figures.js';

/** Raise it whenever the same rows and seed give another classifier. */
const CODE = 'marquee-training 8';
/** A label needs as many rows on either side to be learned. */
const FEWEST_ROWS = 2;
/** A kind of text with fewer rows is learned together with the most frequent kind. */
const FEWEST_CORPUS_ROWS = 500;

type Progress = (progress: TrainingProgress) => void;

/** Everything that is learned from. */
interface Lesson {
  /** In the order of their fingerprints. */
  rows: TrainingRow[];
  fingerprints: string[];
  /** Of each row; fewer words than `FEWEST_WORDS` are not read. */
  sizes: TextSize[];
  space: LabelSpace;
  /** rows × labels. */
  targets: Float32Array;
  folds: Uint8Array;
  /** Names of labels with too few rows to learn them. */
  leftOut: string[];
  /** Names in the rows that the taxonomy has no label for: nothing is learned of them. */
  unknown: NameCount[];
}

interface LearnedWords {
  text: TextPart | null;
  /** rows × labels. */
  offsets: Float32Array;
  /** Logits: excerpts × labels. */
  excerpts: { texts: Excerpt[]; logits: Float32Array };
  shares: Mixture['shares'];
}

/** `trainClassifier`, on the thread that it leads from. */
export async function learnClassifier(
  given: TrainingRow[],
  options: TrainingOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; figures: Record<string, unknown>; fingerprint: string }> {
  setMaxListeners(0, signal); // every fold of every candidate listens
  progress({ stage: 'reading', done: 0, of: 1 });
  const { lesson, learnedWords } = await withTextThreads(signal, async (threads) => {
    const rows = given.map(({ id, lines, media }) => ({ id, lines, media }));
    const read = lessonOf(given, await threads.run('keys', rows, { signal }), options);
    return { lesson: read, learnedWords: await learnWords(read, options.seed, threads, progress, signal) };
  });
  const { text, offsets, excerpts, shares } = learnedWords;
  const learned = await learnSignals(lesson, offsets, options, progress, signal);
  progress({ stage: 'calibration', done: 0, of: 1 });
  const scale = shapeScale(lesson.sizes.filter(isTold));
  const shapes = lesson.sizes.map((size) => (isTold(size) ? shapeOf(size, scale) : USUAL_SHAPE));
  const answers: UnseenAnswers = {
    labels: lesson.space.labels.length,
    logits: learned?.unseen ?? offsets,
    targets: lesson.targets,
    lengths: Float32Array.from(shapes, ({ length }) => length),
    paragraphs: Float32Array.from(shapes, ({ paragraphs }) => paragraphs),
    folds: lesson.folds,
  };
  const { calibrator, losses } = chooseCalibrator(answers);
  const calibrated = { ...answers, logits: calibrateAll(calibrator, answers) };
  const thresholds = thresholdsFor(
    options.aim,
    calibrated,
    lesson.space.labels.map(({ group }) => group),
  );
  const levels = learned
    ? null
    : learnLevels(calibrated, {
        ...{ rows: lesson.sizes.map(({ words }) => words), excerpts: excerpts.texts, thresholds },
        logOdds: calibrateAll(calibrator, {
          ...{ labels: answers.labels, logits: excerpts.logits },
          // They stand for transcripts, which have no paragraphs.
          lengths: Float32Array.from(
            excerpts.texts,
            ({ words }) => shapeOf({ words, paragraphs: 0 }, scale).length,
          ),
        }),
      });
  progress({ stage: 'writing', done: 0, of: 1 });
  const classifier: Classifier = {
    labels: lesson.space.labels.map((label, j) => ({
      ...label,
      prior: priorOf(lesson.targets, lesson.space.labels.length, j),
      threshold: Number.isFinite(thresholds[j]!) ? round(sigmoid(thresholds[j]!)) : null,
      leastWords: levels?.leastWords[j] ?? FEWEST_WORDS,
    })),
    text,
    vectors: learned?.head ?? null,
    calibrator,
    scale,
    models: options.models,
  };
  const figures = {
    ...unseenFigures(calibrated, thresholds),
    rows: lesson.rows.length,
    labels: lesson.space.labels.length,
    leftOut: lesson.leftOut,
    unknownLabels: lesson.unknown,
    words: shares,
    calibration: { method: calibrator.method, losses },
    ...(levels ? { abstention: levels.figures } : {}),
    ...(learned ? { head: { kind: learned.head.kind, tried: learned.losses } } : {}),
  };
  const fingerprint = fingerprintData(lesson);
  const bytes = writeClassifier(classifier, {
    ...{ dataFingerprint: fingerprint, rows: lesson.rows.length, seed: options.seed, figures, code: CODE },
    aim: options.aim.kind === 'best-f1' ? 'best-f1' : `precision ${options.aim.floor}`,
    learnedFrom: new Set(lesson.fingerprints),
  });
  return { bytes, figures, fingerprint };
}

/** @param keys one a row @throws Failure BAD_INPUT when nothing can be learned */
function lessonOf(given: readonly TrainingRow[], keys: readonly RowKey[], options: TrainingOptions): Lesson {
  const keyed = given
    .map((row, i) => ({ row, ...keys[i]! }))
    .filter(({ row, ...size }) => isTold(size) || Object.keys(row.vectors).length > 0)
    .sort(byFingerprint);
  const rows = keyed.map(({ row }) => row);
  if (rows.length < FEWEST_ROWS)
    throw new Failure(
      'BAD_INPUT',
      `${rows.length} of the ${given.length} rows have vectors or ${FEWEST_WORDS} words that carry matter: give two such rows at least.`,
    );
  const whole = options.taxonomy
    ? spaceOfTaxonomy(options.taxonomy, options.mapping ?? null)
    : spaceOfRows(rows);
  if (whole.labels.length === 0)
    throw new Failure('BAD_INPUT', 'No row names a label: give rows whose labels are not empty.');
  const unknown = byFrequency(targetsOf(rows, whole).unknownNames);
  const wanted = someGroups(whole, options.groups ?? []);
  const all = targetsOf(rows, wanted).values;
  const isLearnable = (_: unknown, j: number) =>
    sidesOf(all, wanted.labels.length, j).every((n) => n >= FEWEST_ROWS);
  const space = someLabels(wanted, isLearnable);
  if (space.labels.length === 0)
    throw new Failure(
      'BAD_INPUT',
      `No label has two rows with it and two without: give rows with labels, or another taxonomy.${unknownOf(unknown)}`,
    );
  return {
    rows,
    fingerprints: keyed.map(({ fingerprint }) => fingerprint),
    sizes: keyed.map(({ words, paragraphs }) => ({ words, paragraphs })),
    space,
    targets: targetsOf(rows, space).values,
    folds: Uint8Array.from(keyed, ({ fingerprint }) => hash32(`fold:${fingerprint}`) % FOLDS),
    leftOut: wanted.labels.filter((label) => !space.labels.includes(label)).map(({ id }) => id),
    unknown,
  };
}

/** Enough of them to see what is wrong. */
const UNKNOWN_TOLD = 5;

function unknownOf(names: readonly NameCount[]): string {
  if (names.length === 0) return '';
  const told = names.slice(0, UNKNOWN_TOLD).map(({ name }) => name);
  return ` It does not know ${told.join(', ')}${names.length > told.length ? ' …' : ''}.`;
}

/** The order of the files must not matter. */
function byFingerprint(a: RowKey & { row: TrainingRow }, b: RowKey & { row: TrainingRow }): number {
  const [left, right] = [`${a.fingerprint} ${a.row.id}`, `${b.fingerprint} ${b.row.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The part that reads words, its logits of rows that it never saw, 0 for those without words, and of parts of them. */
async function learnWords(
  { rows, sizes, space, targets, folds }: Lesson,
  seed: number,
  threads: ThreadPool<typeof trainTasks>,
  progress: Progress,
  signal: AbortSignal,
): Promise<LearnedWords> {
  const labels = space.labels.length;
  const offsets = new Float32Array(rows.length * labels);
  const spoken = [...rows.keys()].filter((row) => isTold(sizes[row]!));
  if (spoken.length === 0)
    return { text: null, offsets, excerpts: { texts: [], logits: new Float32Array() }, shares: {} };
  const texts = spoken.map((row) => rows[row]!.lines);
  const excerpts = await threads.run('excerpts', { texts, seed }, { signal });
  const { part, unseen, unseenExcerpts, shares } = await learnTextPart(
    {
      ...{ texts, excerpts },
      targets: pick(targets, spoken, labels),
      importance: new Float32Array(spoken.length).fill(1),
      folds: Uint8Array.from(spoken, (row) => folds[row]!),
      corpus: corporaOf(spoken.map((row) => rows[row]!)),
      groups: space.labels.map(({ group }) => group),
      seed,
    },
    threads,
    (done, of) => progress({ stage: 'words', done, of }),
    signal,
  );
  spoken.forEach((row, k) => {
    offsets.set(unseen.subarray(k * labels, (k + 1) * labels), row * labels);
  });
  const placed = excerpts.map((excerpt) => ({ ...excerpt, row: spoken[excerpt.row]! }));
  return { text: part, offsets, excerpts: { texts: placed, logits: unseenExcerpts }, shares };
}

/**
 * Which corpus each row belongs to: one for each kind of text of which there are enough, speech first; the others join
 * the largest.
 */
function corporaOf(rows: readonly TrainingRow[]): Uint8Array {
  const sizes = REGISTERS.map((wanted) => rows.filter(({ register }) => register === wanted).length);
  const largest = sizes.indexOf(Math.max(...sizes));
  const apart = REGISTERS.filter((_, k) => k === largest || sizes[k]! >= FEWEST_CORPUS_ROWS);
  return Uint8Array.from(rows, ({ register }) =>
    apart.indexOf(apart.includes(register) ? register : REGISTERS[largest]!),
  );
}

/** The part that reads vectors, from the rows that have some; the others' answers stay those of the words. */
async function learnSignals(
  { rows, space, targets, folds }: Lesson,
  offsets: Float32Array,
  { head, seed }: TrainingOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<LearnedVectors | null> {
  const labels = space.labels.length;
  const seen = [...rows.keys()].filter((row) => Object.keys(rows[row]!.vectors).length > 0);
  if (seen.length === 0) return null;
  const threads = new ThreadPool<typeof fitTasks>(
    builtModule('./fit-thread.js', import.meta.url),
    usableCores(),
  );
  try {
    const learned = await learnVectors(
      {
        rows: seen.map((row) => rows[row]!),
        targets: pick(targets, seen, labels),
        offsets: pick(offsets, seen, labels),
        folds: Uint8Array.from(seen, (row) => folds[row]!),
        ...{ labels, seed },
      },
      head,
      threads,
      (done, of) => progress({ stage: 'vectors', done, of }),
      signal,
    );
    const unseen = offsets.slice();
    seen.forEach((row, k) => {
      unseen.set(learned.unseen.subarray(k * labels, (k + 1) * labels), row * labels);
    });
    return { ...learned, unseen };
  } finally {
    await threads.close();
  }
}

const isTold = ({ words }: Pick<TextSize, 'words'>) => words >= FEWEST_WORDS;

function fingerprintData({ fingerprints, space, targets }: Lesson): string {
  const hash = createHash('sha256').update(space.labels.map(({ id }) => id).join('\n'));
  const width = space.labels.length;
  fingerprints.forEach((fingerprint, i) => {
    hash.update(fingerprint).update(targets.slice(i * width, (i + 1) * width));
  });
  return hash.digest('hex');
}

/** Six decimals: more would only say noise. */
const round = (value: number) => Math.round(value * 1e6) / 1e6;
