import { Failure } from '../../failure.js';
import type { ThreadPool } from '../../inference/threads.js';
import { type SparseRow, termsOf, weighLines } from '../../signals/text-features.js';
import { vocabularyOf } from '../../signals/text-model.js';
import { crossFit } from '../cross-fit.js';
import type { LinearModel } from '../logistic.js';
import { stackRows } from '../sparse.js';
import type { trainTasks } from '../train-thread.js';
import type { TextPart } from './text-part.js';

/** What a text part is learned from. */
export interface TextLesson {
  /** The lines of each row's text. */
  texts: readonly (readonly string[])[];
  /** rows × labels: 0 … 1, how surely the row has the label; NaN where that is unknown. */
  targets: Float32Array;
  /** One a row: how much it counts. */
  importance: Float32Array;
  /** 0 … FOLDS − 1, one a row. */
  folds: Uint8Array;
  labels: number;
  seed: number;
}

export interface LearnedTextPart {
  part: TextPart;
  /** rows × labels: logits by models that saw nothing of the row's fold. */
  unseen: Float32Array;
}

const SETTINGS = { terms: 120_000, fewestTexts: 2, mostTexts: 0.7, cost: 1, balance: 0.8, epochs: 10 };

/**
 * Learns the text part of a classifier, and what it would say of each row without having seen its fold.
 * @param progress told after each model
 * @throws Failure CANCELLED when `signal` is aborted
 */
export async function learnTextPart(
  lesson: TextLesson,
  threads: ThreadPool<typeof trainTasks>,
  progress: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<LearnedTextPart> {
  const { texts, labels, importance, folds, seed } = lesson;
  const counts = countTerms(texts);
  const vocabulary = vocabularyOf(texts.length, counts);
  const rows = stackRows(
    texts.map((lines) => wholeRow(weighLines(lines, vocabulary))),
    counts.length,
  );
  progress(0, 1);
  if (signal?.aborted) throw new Failure('CANCELLED', 'The training was cancelled.');
  const { cost, balance, epochs } = SETTINGS;
  const fit = await crossFit(
    { rows, targets: Int8Array.from(lesson.targets, side), importance, folds },
    { cost, balance, epochs, seed },
    threads,
  );
  progress(1, 1);
  return {
    part: { ...quantised(fit.model), labels, documents: texts.length, ...named(counts), vocabulary },
    unseen: fit.unseen.map(
      (score, at) => score + fit.unseenBias[folds[Math.floor(at / labels)]! * labels + (at % labels)]!,
    ),
  };
}

const side = (target: number) => (Number.isNaN(target) ? 0 : target >= 0.5 ? 1 : -1);

/** The terms that the part knows, each with the number of texts that have it, the most frequent first. */
function countTerms(texts: TextLesson['texts']): [string, number][] {
  const counts = new Map<string, number>();
  for (const lines of texts) {
    for (const term of new Set(lines.flatMap(termsOf))) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, n]) => n >= SETTINGS.fewestTexts && n <= SETTINGS.mostTexts * texts.length)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, SETTINGS.terms);
}

/** The sum of a text's lines. */
function wholeRow(lines: readonly SparseRow[]): SparseRow {
  const sums = new Map<number, number>();
  for (const { terms, weights } of lines) {
    terms.forEach((term, k) => {
      sums.set(term, (sums.get(term) ?? 0) + weights[k]!);
    });
  }
  return { terms: Int32Array.from(sums.keys()), weights: Float32Array.from(sums.values()) };
}

const named = (counts: readonly [string, number][]) => ({
  terms: counts.map(([term]) => term),
  counts: Int32Array.from(counts, ([, n]) => n),
});

const LARGEST_CODE = 127;

/** A byte a weight with one scale a term. */
function quantised({ weights, labels, bias }: LinearModel): Pick<TextPart, 'codes' | 'scale' | 'bias'> {
  const terms = weights.length / labels;
  const codes = new Int8Array(weights.length);
  const scale = new Float32Array(terms);
  for (let term = 0; term < terms; term++) {
    const row = weights.subarray(term * labels, (term + 1) * labels);
    const step = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / LARGEST_CODE;
    scale[term] = step;
    if (step > 0)
      row.forEach((value, j) => {
        codes[term * labels + j] = Math.round(value / step);
      });
  }
  return { codes, scale, bias };
}
