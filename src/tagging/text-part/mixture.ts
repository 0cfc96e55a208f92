import { indices, pick } from '../cross-fit.js';
import type { LinearModel } from '../logistic.js';
import { averagePrecision } from '../measure.js';
import type { Learner } from './members.js';

/** Answers of a text part's members to texts, by models that saw nothing of the text. */
export interface MemberAnswers {
  labels: number;
  corpora: number;
  /** Of each corpus' members, in their order. */
  learners: readonly Learner[];
  /** For each member, in the order of `LearnedMembers`: texts × labels. */
  logits: readonly Float32Array[];
  /** texts × labels: 1 has the label, −1 does not, 0 unknown; between, as likely. */
  targets: Float32Array;
  /** One a text. */
  corpus: Uint8Array;
}

/** How much a group's members count, each brought to the spread of the first corpus' regression, which counts 1. */
export interface Shares {
  /** Naive Bayes beside its corpus' regression. */
  bayes: number;
  /** Ridge regression, likewise. */
  ridge: number;
  /** Ridge regression on latent rows, likewise; 0 where there are none. */
  latent: number;
  /** Every further corpus beside the first. */
  further: number;
}

export interface Mixture {
  /** For each member one number a label: what its logits and its weights are multiplied by before they are added up. */
  factors: Float64Array[];
  /** As chosen, by group. */
  shares: Record<string, Shares>;
}

const BAYES_SHARES = [0, 0.25, 0.5, 1, 1.5];
const RIDGE_SHARES = [0, 0.5, 1];
const LATENT_SHARES = [0, 0.5, 1];
const FURTHER_SHARES = [0.25, 0.5, 0.75, 1];
/** Shares are tried one after the other, from here. */
const FIRST: Shares = { bayes: 0, ridge: 0, latent: 0, further: 0.5 };
/** Texts of a corpus that the choice looks at, evenly spread over them: more would only take longer. */
const MOST_TEXTS = 16_000;

/**
 * Chooses for each group how much its members count: what gives the highest mean of the mean average precisions on
 * whole texts and on excerpts of them, every corpus' texts judged by themselves, so that neither long texts nor
 * the larger corpus decide alone. A corpus without excerpts where another has some teaches, but is not judged: nobody
 * asks for texts like its own.
 * @param groups one a label
 * @param settled the shares of groups for which nothing is left to choose
 */
export function chooseMixture(
  whole: MemberAnswers,
  excerpts: MemberAnswers,
  groups: readonly string[],
  settled: Mixture['shares'] = {},
): Mixture {
  const { labels } = whole;
  const spreads = memberSpreads(excerpts.corpus.length > 1 ? excerpts : whole, taughtBy(whole));
  const asked = new Set(excerpts.corpus.length > 0 ? excerpts.corpus : whole.corpus);
  const judged = [whole, excerpts].flatMap((answers) =>
    [...asked].map((corpus) => ofCorpus(answers, corpus)),
  );
  const factors = whole.logits.map(() => new Float64Array(labels));
  const shares: Record<string, Shares> = {};
  for (const group of new Set(groups)) {
    const places = [...groups.keys()].filter((j) => groups[j] === group);
    const chosen = settled[group] ?? chooseShares(judged, spreads, places);
    shares[group] = chosen;
    for (const j of places)
      factorsOf(spreads, whole.learners, j, chosen).forEach((factor, member) => {
        factors[member]![j] = factor;
      });
  }
  return { factors, shares };
}

/** The members as one model: texts × labels logits, or terms × labels weights. */
export function mixed(members: readonly Float32Array[], factors: readonly Float64Array[]): Float32Array {
  const labels = factors[0]!.length;
  return Float32Array.from(members[0]!, (_, at) =>
    members.reduce((sum, values, member) => sum + factors[member]![at % labels]! * values[at]!, 0),
  );
}

export function mixedModel(models: readonly LinearModel[], factors: readonly Float64Array[]): LinearModel {
  return {
    labels: models[0]!.labels,
    weights: mixed(
      models.map(({ weights }) => weights),
      factors,
    ),
    bias: mixed(
      models.map(({ bias }) => bias),
      factors,
    ),
  };
}

/** For each corpus which labels some text of it has. */
function taughtBy({ labels, targets, corpus, corpora }: MemberAnswers): Uint8Array[] {
  const taught = Array.from({ length: corpora }, () => new Uint8Array(labels));
  targets.forEach((target, at) => {
    if (target > 0) taught[corpus[Math.floor(at / labels)]!]![at % labels] = 1;
  });
  return taught;
}

/** For each member one number a label: the standard deviation of its logits; 0 where its corpus does not teach the label. */
function memberSpreads(
  { labels, logits, learners }: MemberAnswers,
  taught: readonly Uint8Array[],
): Float64Array[] {
  return logits.map((values, member) =>
    Float64Array.from({ length: labels }, (_, j) =>
      taught[Math.floor(member / learners.length)]![j] ? deviation(values, labels, j) : 0,
    ),
  );
}

function deviation(values: Float32Array, labels: number, label: number): number {
  let sum = 0;
  let squares = 0;
  const texts = values.length / labels;
  for (let at = label; at < values.length; at += labels) {
    sum += values[at]!;
    squares += values[at]! ** 2;
  }
  return Math.sqrt(Math.max(0, squares / texts - (sum / texts) ** 2));
}

/**
 * One a member, for one label: the share it counts, times what brings it to the spread of the first regression that
 * knows the label, over the sum of the shares. A label that nothing is known of is left to the first regression.
 */
function factorsOf(
  spreads: readonly Float64Array[],
  learners: readonly Learner[],
  label: number,
  shares: Shares,
): number[] {
  const corpusOf = (member: number) => Math.floor(member / learners.length);
  const learnerOf = (member: number) => learners[member % learners.length]!;
  const first = spreads.findIndex(
    (spread, member) => learnerOf(member) === 'regression' && spread[label]! > 0,
  );
  if (first < 0) return spreads.map((_, member) => (member === 0 ? 1 : 0));
  const byLearner = { ...shares, regression: 1 };
  const byCorpus = (corpus: number) => (corpus === corpusOf(first) ? 1 : shares.further);
  const counts = spreads.map((spread, member) =>
    spread[label]! > 0 ? byLearner[learnerOf(member)] * byCorpus(corpusOf(member)) : 0,
  );
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count, member) =>
    count === 0 ? 0 : (count * spreads[first]![label]!) / spreads[member]![label]! / sum,
  );
}

/** The answers to one corpus' texts, every so many of them where there are many. */
function ofCorpus(answers: MemberAnswers, wanted: number): MemberAnswers {
  const own = indices(answers.corpus, (corpus) => corpus === wanted);
  const stride = Math.max(1, own.length / MOST_TEXTS);
  const chosen = Array.from(
    { length: Math.min(own.length, MOST_TEXTS) },
    (_, k) => own[Math.floor(k * stride)]!,
  );
  return {
    ...answers,
    logits: answers.logits.map((values) => pick(values, chosen, answers.labels)),
    targets: pick(answers.targets, chosen, answers.labels),
    corpus: Uint8Array.from(chosen, () => wanted),
  };
}

function chooseShares(
  judged: readonly MemberAnswers[],
  spreads: readonly Float64Array[],
  places: readonly number[],
): Shares {
  const worth = (shares: Shares) =>
    mean(judged.flatMap((answers) => precision(answers, spreads, places, shares)));
  const best = (tried: Shares[]) => {
    const values = tried.map(worth);
    return tried[values.indexOf(Math.max(...values))]!;
  };
  const withBayes = best(BAYES_SHARES.map((bayes) => ({ ...FIRST, bayes })));
  const withRidge = best(RIDGE_SHARES.map((ridge) => ({ ...withBayes, ridge })));
  const { learners, corpora } = judged[0]!;
  const withLatent = learners.includes('latent')
    ? best(LATENT_SHARES.map((latent) => ({ ...withRidge, latent })))
    : withRidge;
  return corpora > 1
    ? best(FURTHER_SHARES.map((further) => ({ ...withLatent, further })))
    : { ...withLatent, further: 1 };
}

/** Mean average precision over the given labels, of none where none of them occurs. */
function precision(
  { labels, learners, logits, targets, corpus }: MemberAnswers,
  spreads: readonly Float64Array[],
  places: readonly number[],
  shares: Shares,
): number[] {
  const texts = [...corpus.keys()];
  const values = places.flatMap((j) => {
    const factors = factorsOf(spreads, learners, j, shares);
    const scores = Float32Array.from(texts, (text) =>
      factors.reduce((sum, factor, member) => sum + factor * logits[member]![text * labels + j]!, 0),
    );
    const truth = Float32Array.from(texts, (text) => targets[text * labels + j]!);
    return averagePrecision(scores, truth) ?? [];
  });
  return values.length > 0 ? [mean(values)] : [];
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
