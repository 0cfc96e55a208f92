import type { ThreadPool } from '../../inference/threads.js';
import { FOLDS, indices, pick } from '../cross-fit.js';
import type { LinearModel } from '../logistic.js';
import { pickRows } from '../sparse.js';
import type { trainTasks } from '../train-thread.js';
import { chooseMixture, type Mixture, mixed, mixedModel } from './mixture.js';
import { knowing, type TextPart } from './text-part.js';

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
  /** 0 … one a row: texts of unlike kinds are learned from apart; the first kind counts most. */
  corpus: Uint8Array;
  /** One a label. */
  groups: readonly string[];
  seed: number;
  /** Parts of some of the texts. They teach nothing, and are answered by the model that answers their row. */
  excerpts: readonly { row: number; lines: readonly string[] }[];
}

export interface LearnedTextPart {
  part: TextPart;
  /** rows × labels: logits by models that saw nothing of the row's fold. */
  unseen: Float32Array;
  /** excerpts × labels: likewise. */
  unseenExcerpts: Float32Array;
  /** How much naive Bayes, ridge regression and further corpora count, by group. */
  shares: Mixture['shares'];
}

/** Chosen by validation figures: docs/decisions/023, 024 and 028. */
const SETTINGS = {
  vocabulary: { terms: 120_000, fewestTexts: 3 },
  solver: { cost: 0.7, balance: 0.8, epochs: 6 },
  firstEpochs: 3,
  ridge: { penalty: 2, epochs: 5 },
  smoothing: 1e-5,
};

/**
 * Learns the text part of a classifier, and what it would say of each row without having seen its fold: a
 * mixture of members (`trainMembers`), its shares chosen by the unseen answers (`chooseMixture`), added up to one model.
 * @param progress told after each of the trainings: one a fold, and the one that is kept
 * @throws Failure CANCELLED when `signal` is aborted; trainings under way end first, unless the threads are stopped
 */
export async function learnTextPart(
  lesson: TextLesson,
  threads: ThreadPool<typeof trainTasks>,
  progress: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<LearnedTextPart> {
  const { importance, folds, corpus, groups, texts, excerpts } = lesson;
  const labels = groups.length;
  const cancellable = signal ? { signal } : {};
  const said = { texts, excerpts: excerpts.map(({ lines }) => lines), vocabulary: SETTINGS.vocabulary };
  const { terms, idf, rows: asked } = await threads.run('textRows', said, cancellable);
  const rows = pickRows(asked, [...texts.keys()]);
  const targets = lesson.targets.map((share) => (Number.isNaN(share) ? 0 : 2 * share - 1));
  const corpora = corpus.reduce((most, kind) => Math.max(most, kind), 0) + 1;
  const { solver, firstEpochs, ridge, smoothing } = SETTINGS;
  const { seed } = lesson;
  const options = {
    ...{ corpora, firstEpochs, smoothing },
    options: { ...solver, seed },
    ridge: { ...ridge, seed },
  };
  let done = 0;
  const counted = async <T>(training: Promise<T>): Promise<T> => {
    const learned = await training;
    progress(++done, FOLDS + 1);
    return learned;
  };
  const whole = counted(
    threads.run('members', { ...options, rows, targets, importance, corpus }, cancellable),
  );
  const askedRows = [...texts.keys(), ...excerpts.map(({ row }) => row)];
  const askedFolds = Uint8Array.from(askedRows, (row) => folds[row]!);
  const parts = Array.from({ length: FOLDS }, async (_, fold) => {
    const seen = indices(folds, (f) => f !== fold);
    const others = indices(askedFolds, (f) => f === fold);
    const known = {
      rows: pickRows(rows, seen),
      targets: pick(targets, seen, labels),
      importance: Float32Array.from(seen, (row) => importance[row]!),
      corpus: Uint8Array.from(seen, (row) => corpus[row]!),
    };
    const scores = await counted(
      threads.run('memberScores', { ...options, ...known, others: pickRows(asked, others) }, cancellable),
    );
    return { others, scores };
  });
  const [{ models, emphasis }, ...answers] = await Promise.all([whole, ...parts]);
  const unseen = models.map(() => new Float32Array(asked.rows * labels));
  for (const { others, scores } of answers) {
    others.forEach((row, k) => {
      scores.forEach((values, member) => {
        unseen[member]!.set(values.subarray(k * labels, (k + 1) * labels), row * labels);
      });
    });
  }
  const answersTo = (from: number, to: number) => ({
    ...{ labels, corpora, logits: unseen.map((values) => values.subarray(from * labels, to * labels)) },
    targets: pick(targets, askedRows.slice(from, to), labels),
    corpus: Uint8Array.from(askedRows.slice(from, to), (row) => corpus[row]!),
  });
  const { factors, shares } = chooseMixture(
    answersTo(0, texts.length),
    answersTo(texts.length, asked.rows),
    groups,
  );
  const answered = mixed(unseen, factors);
  return {
    part: {
      labels,
      ...quantised(mixedModel(models, factors)),
      ...knowing(
        terms,
        idf.map((frequency, term) => frequency * emphasis[term]!),
      ),
    },
    unseen: answered.slice(0, targets.length),
    unseenExcerpts: answered.slice(targets.length),
    shares,
  };
}

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
