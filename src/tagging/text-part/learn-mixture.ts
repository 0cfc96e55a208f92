import type { ThreadPool } from '../../inference/threads.js';
import { FOLDS, indices, pick } from '../cross-fit.js';
import type { LinearModel } from '../logistic.js';
import { pickRows, type SparseRows } from '../sparse.js';
import type { trainTasks } from '../train-thread.js';
import type { LearnedMembers, Learner, MemberSettings } from './members.js';
import { chooseMixture, type Mixture, mixed, mixedModel } from './mixture.js';

/** What a mixture is learned from: texts with what is known of them, and parts of some of them. */
export interface MixtureLesson {
  /** Of the texts, then of the excerpts. */
  rows: SparseRows;
  /** Of the same: see `LatentTexts`; where they are given, latent semantics is a member. */
  latentRows?: Float32Array;
  /** texts × labels: 1 has the label, −1 does not, 0 unknown; between, as likely. */
  targets: Float32Array;
  /** One a text: how much it counts. */
  importance: Float32Array;
  /** 0 … FOLDS − 1, one a text. */
  folds: Uint8Array;
  /** 0 … one a text: texts of unlike kinds are learned from apart; the first kind counts most. */
  corpus: Uint8Array;
  /** One a label: shares are chosen for each group by itself. */
  groups: readonly string[];
  /** The shares of groups for which nothing is left to choose. */
  settled?: Mixture['shares'];
  /** Of each excerpt the text that it is from: its answers come from the models that answer the text. It teaches nothing. */
  excerptsFrom: readonly number[];
}

export interface LearnedMixture extends Pick<LearnedMembers, 'emphasis'> {
  /** The members as one, learned from all rows. */
  model: LinearModel;
  /** Directions × labels: the members over latent rows as one; null where none counts. */
  latent: Float32Array | null;
  /** (texts, then excerpts) × labels: logits by models that saw nothing of the text's fold. */
  unseen: Float32Array;
  /** How much naive Bayes, ridge regression and further corpora count, by group. */
  shares: Mixture['shares'];
}

/**
 * Learns the members of all texts, and what members that saw nothing of a text's fold say of it and of its excerpts;
 * by these answers chooses how much each member counts (`chooseMixture`), and adds them up.
 * @param progress told after each of the trainings: one a fold, and the one that is kept
 * @throws Failure CANCELLED when `signal` is aborted; trainings under way end first, unless the threads are stopped
 */
export async function learnMixture(
  lesson: MixtureLesson,
  settings: MemberSettings,
  threads: ThreadPool<typeof trainTasks>,
  progress: (done: number, of: number) => void = () => {},
  signal?: AbortSignal,
): Promise<LearnedMixture> {
  const { rows, latentRows, targets, importance, folds, corpus, groups, settled, excerptsFrom } = lesson;
  const labels = groups.length;
  const texts = [...importance.keys()];
  const asked = [...texts, ...excerptsFrom];
  const corpora = corpus.reduce((most, kind) => Math.max(most, kind), 0) + 1;
  let done = 0;
  const counted = async <T>(training: Promise<T>): Promise<T> => {
    const learned = await training;
    progress(++done, FOLDS + 1);
    return learned;
  };
  const cancellable = signal ? { signal } : {};
  const latentOf = (chosen: readonly number[]) =>
    latentRows && pick(latentRows, chosen, latentRows.length / rows.rows);
  const taught = (chosen: readonly number[]) => ({
    ...settings,
    corpora,
    rows: pickRows(rows, chosen),
    latentRows: latentOf(chosen),
    targets: pick(targets, chosen, labels),
    importance: Float32Array.from(chosen, (row) => importance[row]!),
    corpus: Uint8Array.from(chosen, (row) => corpus[row]!),
  });
  const whole = counted(threads.run('members', taught(texts), cancellable));
  const askedFolds = Uint8Array.from(asked, (row) => folds[row]!);
  const parts = Array.from({ length: FOLDS }, async (_, fold) => {
    const seen = indices(folds, (f) => f !== fold);
    const others = indices(askedFolds, (f) => f === fold);
    const scores = await counted(
      threads.run(
        'memberScores',
        { ...taught(seen), others: pickRows(rows, others), otherLatentRows: latentOf(others) },
        cancellable,
      ),
    );
    return { others, scores };
  });
  const [{ models, learners, emphasis }, ...answers] = await Promise.all([whole, ...parts]);
  const logits = models.map(() => new Float32Array(asked.length * labels));
  for (const { others, scores } of answers) {
    others.forEach((row, k) => {
      scores.forEach((values, member) => {
        logits[member]!.set(values.subarray(k * labels, (k + 1) * labels), row * labels);
      });
    });
  }
  const answersTo = (from: number, to: number) => ({
    ...{
      labels,
      corpora,
      learners,
      logits: logits.map((values) => values.subarray(from * labels, to * labels)),
    },
    targets: pick(targets, asked.slice(from, to), labels),
    corpus: Uint8Array.from(asked.slice(from, to), (row) => corpus[row]!),
  });
  const { factors, shares } = chooseMixture(
    answersTo(0, texts.length),
    answersTo(texts.length, asked.length),
    groups,
    settled,
  );
  return { ...addedUp({ models, learners }, factors), emphasis, shares, unseen: mixed(logits, factors) };
}

/** The members over the same rows as one model each: those over terms, which has all biases, and those over latent rows. */
function addedUp(
  { models, learners }: Pick<LearnedMembers, 'models' | 'learners'>,
  factors: Mixture['factors'],
): Pick<LearnedMixture, 'model' | 'latent'> {
  const sumOf = (isWanted: (learner: Learner) => boolean) => {
    const members = [...models.keys()].filter((member) => isWanted(learners[member % learners.length]!));
    return mixedModel(
      members.map((member) => models[member]!),
      members.map((member) => factors[member]!),
    );
  };
  const model = sumOf((learner) => learner !== 'latent');
  if (!learners.includes('latent')) return { model, latent: null };
  const { weights, bias } = sumOf((learner) => learner === 'latent');
  const isRead = weights.some((weight) => weight !== 0);
  return {
    model: { ...model, bias: model.bias.map((value, j) => value + bias[j]!) },
    latent: isRead ? weights : null,
  };
}
