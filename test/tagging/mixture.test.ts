import { expect, test } from 'vitest';
import { randomStream } from '../../src/tagging/random.js';
import { project, stackRows } from '../../src/tagging/sparse.js';
import { LATENT_LEARNERS, LEARNERS } from '../../src/tagging/text-part/members.js';
import { chooseMixture, type MemberAnswers, mixed, mixedModel } from '../../src/tagging/text-part/mixture.js';

const TEXTS = 300;
const random = randomStream(5);
const noise = () => random() - 0.5;
const truth = Float32Array.from({ length: TEXTS }, () => (random() < 0.3 ? 1 : -1));

/** One label's answers, each member (regression, naive Bayes, ridge of each corpus, or with a latent one) as right as told: 0 is chance. */
function answers(...right: number[]): MemberAnswers {
  const learners = right.length === 4 ? LATENT_LEARNERS : LEARNERS;
  const corpora = right.length / learners.length;
  return {
    ...{ labels: 1, corpora, learners, targets: truth },
    logits: right.map((share) => truth.map((side) => share * side + noise())),
    corpus: Uint8Array.from({ length: TEXTS }, (_, i) => i % corpora),
  };
}

test('naive Bayes counts for nothing where it only disturbs, and for much where it knows better', () => {
  const share = (regression: number, bayes: number) =>
    chooseMixture(answers(regression, bayes, 0), answers(regression, bayes, 0), ['tag']).shares.tag!.bayes;
  expect(share(0.6, 0)).toBe(0);
  expect(share(0.05, 0.6)).toBe(1.5);
});

test('ridge regression counts where it errs otherwise than the regression, and not where it only disturbs', () => {
  const share = (ridge: number) =>
    chooseMixture(answers(0.3, 0, ridge), answers(0.3, 0, ridge), ['tag']).shares.tag!.ridge;
  expect(share(0.3)).toBe(1);
  expect(share(0)).toBe(0);
});

test('latent semantics counts where it errs otherwise than the regression, and not where it only disturbs', () => {
  const share = (latent: number) =>
    chooseMixture(answers(0.3, 0, 0, latent), answers(0.3, 0, 0, latent), ['tag']).shares.tag!.latent;
  expect(share(0.3)).toBe(1);
  expect(share(0)).toBe(0);
});

test('naive Bayes that helps excerpts as much as it hurts whole texts is weighed by both', () => {
  const both = chooseMixture(answers(0.6, 0, 0), answers(0.25, 0.25, 0), ['tag']).shares.tag!.bayes;
  expect(both).toBeGreaterThan(0);
  expect(both).toBeLessThan(1.5);
});

test('each group has shares of its own', () => {
  const first = answers(0.6, 0, 0);
  const second = answers(0.05, 0.6, 0);
  const beside = (left: Float32Array, right: Float32Array) =>
    Float32Array.from({ length: 2 * TEXTS }, (_, at) => (at % 2 ? right : left)[at >> 1]!);
  const two: MemberAnswers = {
    ...{ ...first, labels: 2, targets: beside(truth, truth) },
    logits: first.logits.map((values, member) => beside(values, second.logits[member]!)),
  };
  const { shares } = chooseMixture(two, two, ['mood', 'tag']);
  expect([shares.mood!.bayes, shares.tag!.bayes]).toEqual([0, 1.5]);
});

test('where shares are settled, nothing is chosen: a group may stay with its regression alone', () => {
  const given = answers(0.05, 0.6, 0);
  const alone = { bayes: 0, ridge: 0, latent: 0, further: 1 };
  const { shares, factors } = chooseMixture(given, given, ['tag'], { tag: alone });
  expect(shares.tag).toEqual(alone);
  expect(factors.map(([factor]) => factor)).toEqual([1, 0, 0]);
});

test('a further corpus counts as much as its answers help, and members are brought to one spread', () => {
  const even = answers(0.3, 0, 0, 0.6, 0, 0);
  const given = {
    ...even,
    logits: even.logits.map((values, member) => values.map((value) => (member === 3 ? 1000 : 1) * value)),
  };
  const { shares, factors } = chooseMixture(given, given, ['tag']);
  expect(shares.tag).toEqual({ bayes: 0, ridge: 0, latent: 0, further: 1 });
  expect(factors[3]![0]! / factors[0]![0]!).toBeGreaterThan(1 / 2000);
  expect(factors[3]![0]! / factors[0]![0]!).toBeLessThan(1 / 1000);
});

test('a corpus without excerpts teaches, but its own texts are not asked how much it should count', () => {
  const whole = answers(0.6, 0, 0, 0.6, 0, 0);
  const isOfFirst = (text: number) => whole.corpus[text] === 0;
  // Each corpus knows its own texts, and nothing of the other's.
  const ownAlone = (values: Float32Array, member: number) =>
    values.map((value, text) => (isOfFirst(text) === member < 3 ? value : noise()));
  const given = { ...whole, logits: whole.logits.map(ownAlone) };
  const texts = [...whole.corpus.keys()].filter(isOfFirst);
  const excerpts = {
    ...given,
    logits: given.logits.map((logits) => Float32Array.from(texts, (text) => logits[text]!)),
    targets: Float32Array.from(texts, (text) => truth[text]!),
    corpus: new Uint8Array(texts.length),
  };
  const share = (asked: MemberAnswers) => chooseMixture(given, asked, ['tag']).shares.tag!.further;
  expect(share(given)).toBeGreaterThan(0.25);
  expect(share(excerpts)).toBe(0.25);
});

test('a label that one corpus alone knows is answered by the members of that corpus', () => {
  const given = answers(0, 0, 0, 0.6, 0, 0);
  given.targets = truth.map((side, i) => (i % 2 === 0 ? 0 : side));
  const { factors } = chooseMixture(given, given, ['tag']);
  expect(factors.map(([factor]) => factor)).toEqual([0, 0, 0, 1, 0, 0]);
});

test('the mixed model answers what the mixture of its members answers', () => {
  const rows = stackRows(
    Array.from({ length: 20 }, () => ({
      terms: Int32Array.of(0, 2, 3),
      weights: Float32Array.of(noise(), noise(), noise()),
    })),
    4,
  );
  const models = [1, 2].map(() => ({
    labels: 2,
    weights: Float32Array.from({ length: 8 }, noise),
    bias: Float32Array.of(noise(), noise()),
  }));
  const factors = [Float64Array.of(0.5, 2), Float64Array.of(0.25, 0)];
  const { weights, labels, bias } = mixedModel(models, factors);
  const apart = mixed(
    models.map((model) => project(rows, model.weights, model.labels, model.bias)),
    factors,
  );
  project(rows, weights, labels, bias).forEach((logit, at) => {
    expect(logit).toBeCloseTo(apart[at]!, 5);
  });
});
