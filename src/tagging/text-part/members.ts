import { type BayesOptions, trainBayes } from '../bayes.js';
import { indices, pick } from '../cross-fit.js';
import { type LinearModel, type LogisticOptions, type Targets, trainLogistic } from '../logistic.js';
import { type RidgeOptions, trainRidge } from '../ridge.js';
import { pickRows, project, type SparseRows } from '../sparse.js';
import { emphasisOf, sharpen } from './sharpened.js';

/** How the members learn. */
export interface MemberSettings {
  regression: LogisticOptions;
  /** Epochs of a first model, which only has to tell the terms that matter; without it no term is emphasised. */
  firstEpochs?: number;
  ridge: RidgeOptions;
  bayes: BayesOptions;
}

/** What the members of a text part learn from. */
export interface MembersLesson extends MemberSettings {
  rows: SparseRows;
  /** See `trainLogistic`. */
  targets: Targets;
  importance: Float32Array;
  /** 0 … corpora − 1, one a row. */
  corpus: Uint8Array;
  corpora: number;
}

/** What each corpus is learned by, in the order of its members. */
export const LEARNERS = ['regression', 'bayes', 'ridge'] as const;
export type Learner = (typeof LEARNERS)[number];

export interface LearnedMembers {
  /** Of each corpus in turn one by each of LEARNERS; all over the same emphasised rows. */
  models: LinearModel[];
  /** One a term: what its weight in a row is multiplied by before the row is brought back to unit length. */
  emphasis: Float32Array;
}

/**
 * A logistic regression, a naive Bayes and a ridge regression of each corpus. Terms are emphasised where there is one
 * corpus only: beside a second one it has lost what it wins alone (docs/decisions/028).
 */
export function trainMembers(lesson: MembersLesson): LearnedMembers {
  const { rows, corpora, regression, firstEpochs, ridge, bayes } = lesson;
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
    };
    return LEARNERS.map((learner) => learn[learner]());
  });
  return { models: models.flat(), emphasis };
}

/** What members that learned from some rows say of `others`: for each member, others × labels. */
export function scoreMembers({ others, ...lesson }: MembersLesson & { others: SparseRows }): Float32Array[] {
  const { models, emphasis } = trainMembers(lesson);
  const emphasised = sharpen(others, emphasis);
  return models.map(({ weights, labels, bias }) => project(emphasised, weights, labels, bias));
}

function ofCorpus(
  lesson: MembersLesson,
  wanted: number,
): Pick<MembersLesson, 'rows' | 'targets' | 'importance'> {
  const chosen = indices(lesson.corpus, (corpus) => corpus === wanted);
  return {
    rows: pickRows(lesson.rows, chosen),
    targets: pick(lesson.targets, chosen, lesson.targets.length / lesson.rows.rows),
    importance: Float32Array.from(chosen, (row) => lesson.importance[row]!),
  };
}
