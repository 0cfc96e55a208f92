import type { ThreadPool } from '../../inference/threads.js';
import type { trainTasks } from '../train-thread.js';
import { type LatentSpace, placesOf } from './latent-space.js';
import { learnMixture } from './learn-mixture.js';
import type { MemberSettings } from './members.js';
import type { Mixture } from './mixture.js';
import { knowing, type LatentPart, type TextPart } from './text-part.js';

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

/** Chosen by figures: docs/decisions/023, 024, 025 and 028. */
const VOCABULARY = { terms: 120_000, fewestTexts: 3 };
const LATENT_DIMENSIONS = 300;
const membersWith = (seed: number): MemberSettings => ({
  regression: { cost: 0.7, balance: 0.8, epochs: 6, seed },
  firstEpochs: 3,
  ridge: { penalty: 2, epochs: 5, seed },
  bayes: { smoothing: 1e-5 },
  latent: { penalty: 8, epochs: 4, seed },
});

/**
 * Learns the text part of a classifier, and what it would say of each row without having seen its fold.
 * @param progress told after each of the trainings: one a fold, and the one that is kept
 * @throws Failure CANCELLED when `signal` is aborted; trainings under way end first, unless the threads are stopped
 */
export async function learnTextPart(
  lesson: TextLesson,
  threads: ThreadPool<typeof trainTasks>,
  progress: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<LearnedTextPart> {
  const { texts, excerpts, targets } = lesson;
  const said = { texts, excerpts: excerpts.map(({ lines }) => lines), vocabulary: VOCABULARY };
  const { terms, idf, rows } = await threads.run('textRows', said, signal ? { signal } : {});
  const latent = await threads.run(
    'latentSpace',
    { rows, texts: texts.length, vocabulary: terms, dimensions: LATENT_DIMENSIONS, seed: lesson.seed },
    signal ? { signal } : {},
  );
  const learned = await learnMixture(
    {
      ...{ ...lesson, rows, latentRows: latent.rows, excerptsFrom: excerpts.map(({ row }) => row) },
      targets: targets.map((share) => (Number.isNaN(share) ? 0 : 2 * share - 1)),
    },
    membersWith(lesson.seed),
    threads,
    progress,
    signal,
  );
  const { model, emphasis, unseen, shares } = learned;
  return {
    part: {
      labels: lesson.groups.length,
      ...quantised(model.weights, model.labels),
      bias: model.bias,
      ...knowing(
        terms,
        idf.map((frequency, term) => frequency * emphasis[term]!),
      ),
      latent: learned.latent && latentPart(latent.space, emphasis, learned.latent),
    },
    unseen: unseen.slice(0, targets.length),
    unseenExcerpts: unseen.slice(targets.length),
    shares,
  };
}

/** The space as emphasised rows meet it: what emphasis made of a term's weight is taken back. */
function latentPart(space: LatentSpace, emphasis: Float32Array, weights: Float32Array): LatentPart {
  const { dimensions, terms } = space;
  const vectors = space.vectors.map((value, at) => value / emphasis[terms[Math.floor(at / dimensions)]!]!);
  return {
    ...{ dimensions, terms, weights },
    places: placesOf(terms, emphasis.length),
    ...quantised(vectors, dimensions),
  };
}

const LARGEST_CODE = 127;

/** A byte a weight with one scale a term. */
function quantised(weights: Float32Array, labels: number): { codes: Int8Array; scale: Float32Array } {
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
  return { codes, scale };
}
