import type { ThreadPool } from '../inference/threads.js';
import { type Vocabulary, weighLines } from '../signals/text-features.js';
import { vocabularyOf } from '../signals/text-model.js';
import type { BayesOptions } from './bayes.js';
import type { LabelledText } from './corpus.js';
import { crossFit, FOLDS } from './cross-fit.js';
import { type SparseRows, stackRows } from './sparse.js';
import { leadingSubspace, type Subspace } from './subspace.js';
import type { Source } from './targets.js';
import { countTerms, type VocabularySettings } from './term-counts.js';
import type { trainTasks } from './train-thread.js';
import { foldOf } from './training-set.js';

export interface TextSettings extends VocabularySettings {
  /** Numbers in the similarity vector. */
  dense: number;
  seed: number;
}

export interface LearnedText {
  vocabulary: Vocabulary;
  /** Each term with the number of texts that have it, in the order of the table. */
  counts: [string, number][];
  documents: number;
  /** terms × (dense + sources). */
  table: Float32Array;
  /** One a source. */
  bias: Float32Array;
  /** rows × sources: scores by models that saw no text of the same film. */
  unseenScores: Float32Array;
}

export function rowsOf(texts: readonly LabelledText[], vocabulary: Vocabulary): SparseRows {
  return stackRows(
    texts.map(({ text }) => weighLines([text], vocabulary)[0]!),
    vocabulary.idf.length,
  );
}

/** What one corpus says of some of the sources. */
export interface Corpus {
  /** Indices into the sources. */
  teaches: number[];
  /** All texts × `teaches`; 0 for the texts of other corpora. */
  targets: Int8Array;
  /**
   * How far its scores of trailer-like texts spread, as a multiple of those of the first corpus that teaches the
   * source: how much it counts beside it. The first one counts 1.
   */
  spread: number;
  /** Naive Bayes in place of the regression. */
  bayes?: BayesOptions;
}

/** What the corpora teach: one model for each, so that none drowns the others; a source's score is their mean. */
export interface TextLessons {
  texts: LabelledText[];
  /** How many of the texts, from the first, are whole synopses: the vocabulary and the similarity vector are theirs. */
  synopses: number;
  /** The texts, from here on, that look like a trailer's words. */
  trailerLike: number;
  sources: readonly Source[];
  corpora: Corpus[];
}

/** The encoder's table: the leading subspace of the weighted terms for similarity, beside the sources' weights. */
export async function learnText(
  lessons: TextLessons,
  settings: TextSettings,
  cost: { cost: number; balance: number; epochs: number },
  threads: ThreadPool<typeof trainTasks>,
): Promise<LearnedText> {
  const { texts, sources } = lessons;
  const synopses = texts.slice(0, lessons.synopses);
  const counts = countTerms(
    synopses.map(({ text }) => [text]),
    settings,
  );
  const vocabulary = vocabularyOf(synopses.length, counts);
  const rows = rowsOf(texts, vocabulary);
  const importance = new Float32Array(texts.length).fill(1);
  const folds = Uint8Array.from(texts, (text) => foldOf(text, FOLDS));

  const weights = new Float32Array(counts.length * sources.length);
  const bias = new Float32Array(sources.length);
  const unseenScores = new Float32Array(texts.length * sources.length);
  const standard = new Float64Array(sources.length);
  const shares = new Float64Array(sources.length);
  for (const { teaches, targets, spread, bayes } of lessons.corpora) {
    const fit = await crossFit(
      { rows, targets, importance, folds },
      bayes ?? { ...cost, seed: settings.seed },
      threads,
    );
    const own = deviations(fit.unseen.subarray(lessons.trailerLike * teaches.length), teaches.length);
    const factors = Float64Array.from(teaches, (source, j) =>
      standard[source] && own[j] ? (spread * standard[source]) / own[j] : 1,
    );
    addColumns(weights, sources.length, fit.model.weights, teaches, factors);
    addColumns(bias, sources.length, fit.model.bias, teaches, factors);
    addColumns(unseenScores, sources.length, fit.unseen, teaches, factors);
    teaches.forEach((source, j) => {
      shares[source] = shares[source]! + (standard[source] ? spread : 1);
      standard[source] ||= own[j]!;
    });
  }
  for (const sums of [weights, bias, unseenScores]) divideColumns(sums, shares);
  const space = leadingSubspace(rowsOf(synopses, vocabulary), {
    dimensions: settings.dense,
    oversampling: 8,
    rounds: 3,
    seed: settings.seed,
  });
  return {
    vocabulary,
    counts,
    documents: synopses.length,
    table: beside(evened(space), settings.dense, weights, sources.length),
    bias,
    unseenScores,
  };
}

/**
 * The subspace's directions, each over the square root of its singular value: the first would otherwise make any two
 * texts alike (retrieval of a synopsis by 20 of its words: mean reciprocal rank 0.32 → 0.33).
 */
function evened({ vectors, values }: Subspace): Float32Array {
  return vectors.map((value, at) => value / Math.sqrt(values[at % values.length]! || 1));
}

/** Standard deviation of each column. */
function deviations(matrix: Float32Array, width: number): Float64Array {
  const rows = matrix.length / width;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  matrix.forEach((value, at) => {
    sums[at % width] = sums[at % width]! + value;
    squares[at % width] = squares[at % width]! + value * value;
  });
  return squares.map((sum, j) => Math.sqrt(Math.max(0, sum / rows - (sums[j]! / rows) ** 2)));
}

/** Adds the columns of `other`, each times its factor, to the given columns of `into`. */
function addColumns(
  into: Float32Array,
  width: number,
  other: Float32Array,
  to: readonly number[],
  factors: Float64Array,
): void {
  const rows = into.length / width;
  for (let i = 0; i < rows; i++) {
    to.forEach((column, j) => {
      into[i * width + column] = into[i * width + column]! + factors[j]! * other[i * to.length + j]!;
    });
  }
}

function divideColumns(matrix: Float32Array, divisors: Float64Array): void {
  for (let at = 0; at < matrix.length; at++)
    matrix[at] = matrix[at]! / (divisors[at % divisors.length]! || 1);
}

function beside(
  left: Float32Array,
  leftWidth: number,
  right: Float32Array,
  rightWidth: number,
): Float32Array {
  const rows = left.length / leftWidth;
  const width = leftWidth + rightWidth;
  const out = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    out.set(left.subarray(i * leftWidth, (i + 1) * leftWidth), i * width);
    out.set(right.subarray(i * rightWidth, (i + 1) * rightWidth), i * width + leftWidth);
  }
  return out;
}
