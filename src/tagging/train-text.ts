import type { ThreadPool } from '../inference/threads.js';
import { type Vocabulary, weighLines } from '../signals/text-features.js';
import { vocabularyOf } from '../signals/text-model.js';
import type { LabelledText } from './corpus.js';
import { FOLDS } from './cross-fit.js';
import { type SparseRows, stackRows } from './sparse.js';
import { evened, leadingSubspace } from './subspace.js';
import { type Source, splitSource } from './targets.js';
import { countTerms, type VocabularySettings } from './term-counts.js';
import { learnMixture } from './text-part/learn-mixture.js';
import type { MemberSettings } from './text-part/members.js';
import type { Mixture, Shares } from './text-part/mixture.js';
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
  /** (texts, then cuts) × sources: scores by models that saw no text of the same film, without the bias. */
  unseenScores: Float32Array;
  /** How much each member counts, by kind of source. */
  shares: Mixture['shares'];
}

export function rowsOf(texts: readonly LabelledText[], vocabulary: Vocabulary): SparseRows {
  return stackRows(
    texts.map(({ text }) => weighLines([text], vocabulary)[0]!),
    vocabulary.idf.length,
  );
}

/** The texts and what they say of the sources. */
export interface TextLessons {
  /** Whole synopses, then film extracts. */
  texts: LabelledText[];
  /** How many of the texts are synopses: the vocabulary and the similarity vector are theirs. */
  synopses: number;
  /** Noisy parts of the texts, to see what so few words are worth; `from`: of each the text that it is cut from. */
  cuts: { texts: LabelledText[]; from: readonly number[] };
  sources: readonly Source[];
  /** texts × sources. */
  targets: Int8Array;
}

/**
 * Tags of synopses from elsewhere lose by what naive Bayes and the ridge regression add on Wikipedia's own:
 * docs/decisions/029.
 */
const REGRESSION_ALONE: Shares = { bayes: 0, ridge: 0, latent: 0, further: 1 };

/**
 * The encoder's table: the leading subspace of the weighted terms for similarity, beside the sources' weights: the
 * regression's for tags, a mixture's for genres and for labels that are known by their words.
 */
export async function learnText(
  lessons: TextLessons,
  settings: TextSettings,
  members: MemberSettings,
  threads: ThreadPool<typeof trainTasks>,
): Promise<LearnedText> {
  const { texts, sources, cuts } = lessons;
  const synopses = texts.slice(0, lessons.synopses);
  const counts = countTerms(
    synopses.map(({ text }) => [text]),
    settings,
  );
  const vocabulary = vocabularyOf(synopses.length, counts);
  const { model, unseen, shares } = await learnMixture(
    {
      rows: rowsOf([...texts, ...cuts.texts], vocabulary),
      targets: Float32Array.from(lessons.targets),
      importance: new Float32Array(texts.length).fill(1),
      folds: Uint8Array.from(texts, (text) => foldOf(text, FOLDS)),
      corpus: Uint8Array.from(texts, (_, row) => Number(row >= synopses.length)),
      groups: sources.map((source) => splitSource(source)[0]),
      settled: { tag: REGRESSION_ALONE },
      excerptsFrom: cuts.from,
    },
    members,
    threads,
  );
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
    table: beside(evened(space), settings.dense, model.weights, sources.length),
    bias: model.bias,
    unseenScores: unseen.map((logit, at) => logit - model.bias[at % sources.length]!),
    shares,
  };
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
