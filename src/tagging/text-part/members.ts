import { type BayesOptions, trainBayes } from '../bayes.js';
import { indices, pick } from '../cross-fit.js';
import { type LinearModel, type LogisticOptions, type Targets, trainLogistic } from '../logistic.js';
import { type RidgeOptions, trainRidge } from '../ridge.js';
import { fullRows, pickRows, project, type SparseRows } from '../sparse.js';
import { emphasisOf, sharpen } from './sharpened.js';

/** How the members learn. */
export interface MemberSettings {
  regression: LogisticOptions;
  /** Epochs of a first model, which only has to tell the terms that matter; without it no term is emphasised. */
  firstEpochs?: number;
  ridge: RidgeOptions;
  bayes: BayesOptions;
  /** Over the latent rows, where a lesson has them. */
  latent?: RidgeOptions;
}

/** What the members of a text part learn from. */
export interface MembersLesson extends MemberSettings {
  rows: SparseRows;
  /** rows × directions: see `LatentTexts`; without them nothing is learned of latent semantics. */
  latentRows?: Float32Array | undefined;
  /** See `trainLogistic`. */
  targets: Targets;
  importance: Float32Array;
  /** 0 … corpora − 1, one a row. */
  corpus: Uint8Array;
  corpora: number;
}

/** What each corpus is learned by, in the order of its members. */
export const LEARNERS = ['regression', 'bayes', 'ridge'] as const;
/** Likewise, where texts have latent rows: the last one is a ridge regression over those. */
export const LATENT_LEARNERS = [...LEARNERS, 'latent'] as const;
export type Learner = (typeof LATENT_LEARNERS)[number];

export interface LearnedMembers {
  /**
   * Of each corpus in turn one by each of LEARNERS or LATENT_LEARNERS: over the same emphasised rows, the latent ones over
   * latent rows.
   */
  models: LinearModel[];
  learners: readonly Learner[];
  /** One a term: what its weight in a row is multiplied by before the row is brought back to unit length. */
  emphasis: Float32Array;
}

/**
 * A logistic regression, a naive Bayes and a ridge regression of each corpus, and one over its latent rows. Terms are emphasised where there is one
 * corpus only: beside a second one it has lost what it wins alone (docs/decisions/028).
 */
export function trainMembers(lesson: MembersLesson): LearnedMembers {
  const { rows, corpora, regression, firstEpochs, ridge, bayes, latent } = lesson;
  const learners = lesson.latentRows && latent ? LATENT_LEARNERS : LEARNERS;
  const emphasis =
    corpora === 1 && firstEpochs
      ? emphasisOf(
          trainLogistic(rows, lesson.targets, lesson.importance, { ...regression, epochs: firstEpochs }),
        )
      : new Float32Array(rows.columns).fill(1);
  const emphasised = { ...lesson, rows: sharpen(rows, emphasis) };
  const models = Array.from({ length: corpora }, (_, corpus) => {
    const own = corpora === 1 ? emphasised : ofCorpus(emphasised, corpus);
    const learn: Record<Learner, () => LinearModel> = {
      regression: () => trainLogistic(own.rows, own.targets, own.importance, regression),
      bayes: () => trainBayes(own.rows, own.targets, own.importance, bayes),
      ridge: () => trainRidge(own.rows, own.targets, own.importance, ridge),
      latent: () =>
        trainRidge(denseRows(own.latentRows!, own.rows.rows), own.targets, own.importance, latent!),
    };
    return learners.map((learner) => learn[learner]());
  });
  return { models: models.flat(), learners, emphasis };
}

/** What members that learned from some rows say of `others`: for each member, others × labels. */
export function scoreMembers({
  others,
  otherLatentRows,
  ...lesson
}: MembersLesson & { others: SparseRows; otherLatentRows?: Float32Array | undefined }): Float32Array[] {
  const { models, learners, emphasis } = trainMembers(lesson);
  const emphasised = sharpen(others, emphasis);
  const latent = otherLatentRows && denseRows(otherLatentRows, others.rows);
  return models.map(({ weights, labels, bias }, member) => {
    const isLatent = learners[member % learners.length] === 'latent';
    return project(isLatent ? latent! : emphasised, weights, labels, bias);
  });
}

const denseRows = (values: Float32Array, rows: number) =>
  fullRows(values, new Float32Array(values.length / rows).fill(1));

function ofCorpus(
  lesson: MembersLesson,
  wanted: number,
): Pick<MembersLesson, 'rows' | 'latentRows' | 'targets' | 'importance'> {
  const chosen = indices(lesson.corpus, (corpus) => corpus === wanted);
  return {
    rows: pickRows(lesson.rows, chosen),
    latentRows:
      lesson.latentRows && pick(lesson.latentRows, chosen, lesson.latentRows.length / lesson.rows.rows),
    targets: pick(lesson.targets, chosen, lesson.targets.length / lesson.rows.rows),
    importance: Float32Array.from(chosen, (row) => lesson.importance[row]!),
  };
}
