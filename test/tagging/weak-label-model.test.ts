import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/tagging/random.js';
import {
  accuracyOf,
  labelProbabilities,
  learnLabelModel,
  propensityOf,
} from '../../src/tagging/weak-labels/label-model.js';

const SETTINGS = { expectedShare: 0.2, shareWeight: 0.01, functionWeight: 0.001, expectedOdds: 2, trust: 1 };

/** A function that votes on `propensity` of the rows and is right on `accuracy` of its votes. */
interface Voter {
  accuracy: number;
  propensity: number;
}

/** Votes of voters that are independent given the truth, and the truth. */
function cast(
  voters: readonly Voter[],
  { rows, share, seed }: { rows: number; share: number; seed: number },
) {
  const random = randomStream(seed);
  const truth = Int8Array.from({ length: rows }, () => (random() < share ? 1 : -1));
  const votes = new Int8Array(rows * voters.length);
  truth.forEach((y, i) => {
    voters.forEach(({ accuracy, propensity }, j) => {
      if (random() < propensity) votes[i * voters.length + j] = random() < accuracy ? y : -y;
    });
  });
  return { truth, votes };
}

const VOTERS: Voter[] = [
  { accuracy: 0.9, propensity: 0.6 },
  { accuracy: 0.75, propensity: 0.9 },
  { accuracy: 0.85, propensity: 0.3 },
  { accuracy: 0.6, propensity: 0.8 },
  { accuracy: 0.8, propensity: 0.5 },
];

const logLoss = (p: ArrayLike<number>, truth: Int8Array) =>
  truth.reduce((sum, y, i) => sum - Math.log(y > 0 ? p[i]! : 1 - p[i]!), 0) / truth.length;

test('accuracies, propensities and the share of the label are found from agreement alone', () => {
  const { votes } = cast(VOTERS, { rows: 20_000, share: 0.3, seed: 1 });
  const model = learnLabelModel(votes, VOTERS.length, SETTINGS);
  expect(model.share).toBeCloseTo(0.3, 1);
  VOTERS.forEach(({ accuracy, propensity }, j) => {
    expect(Math.abs(accuracyOf(model.functions[j]!, model.share)! - accuracy)).toBeLessThan(0.03);
    expect(Math.abs(propensityOf(model.functions[j]!, model.share) - propensity)).toBeLessThan(0.01);
  });
});

test('functions that only ever say yes are told apart by how often they do so beside better ones', () => {
  const random = randomStream(3);
  const rows = 20_000;
  /** Chance of a yes on labelled rows and on others; the last one always votes. */
  const chances = [
    [0.5, 0.02],
    [0.4, 0.2],
    [0.3, 0.01],
    [0.45, 0.05],
  ] as const;
  const votes = new Int8Array(rows * chances.length);
  for (let i = 0; i < rows; i++) {
    const y = random() < 0.2 ? 0 : 1;
    chances.forEach((chance, j) => {
      if (random() < chance[y]!) votes[i * chances.length + j] = 1;
    });
  }
  const model = learnLabelModel(votes, chances.length, SETTINGS);
  chances.forEach(([labelled, others], j) => {
    expect(Math.abs(model.functions[j]!.onLabelled[2] - labelled)).toBeLessThan(0.05);
    expect(Math.abs(model.functions[j]!.onOthers[2] - others)).toBeLessThan(0.02);
  });
});

test('where functions differ in accuracy, its probabilities beat the majority vote', () => {
  const { truth, votes } = cast(VOTERS, { rows: 5000, share: 0.3, seed: 5 });
  const model = learnLabelModel(votes, VOTERS.length, SETTINGS);
  const learned = labelProbabilities(model, votes, 1);
  const majority = Float64Array.from(truth, (_, i) => {
    const row = votes.subarray(i * VOTERS.length, (i + 1) * VOTERS.length);
    const yes = row.filter((vote) => vote > 0).length;
    return (yes + 0.6) / (row.filter((vote) => vote !== 0).length + 2);
  });
  expect(logLoss(learned, truth)).toBeLessThan(logLoss(majority, truth) - 0.1);
});

test('a function that is mostly wrong is counted against what it says', () => {
  const voters = [...VOTERS, { accuracy: 0.2, propensity: 0.7 }];
  const { votes } = cast(voters, { rows: 20_000, share: 0.3, seed: 7 });
  const model = learnLabelModel(votes, voters.length, SETTINGS);
  expect(accuracyOf(model.functions.at(-1)!, model.share)).toBeLessThan(0.3);
  const silent = new Int8Array(voters.length);
  const saysYes = silent.with(voters.length - 1, 1);
  const [before, after] = [silent, saysYes].map((row) => labelProbabilities(model, row, 1)[0]!);
  expect(after).toBeLessThan(before!);
});

test('without one vote every row has the expected share', () => {
  const model = learnLabelModel(new Int8Array(30), 3, SETTINGS);
  for (const p of labelProbabilities(model, new Int8Array(30), 1)) expect(p).toBeCloseTo(0.2, 6);
});

const ballots = fc
  .record({ functions: fc.integer({ min: 1, max: 5 }), rows: fc.integer({ min: 1, max: 40 }) })
  .chain(({ functions, rows }) =>
    fc.record({
      functions: fc.constant(functions),
      votes: fc
        .array(fc.constantFrom(-1, 0, 1), { minLength: functions * rows, maxLength: functions * rows })
        .map((votes) => Int8Array.from(votes)),
    }),
  );

test('probabilities are finite and within 0 … 1, and rows that were voted on alike have the same', () => {
  fc.assert(
    fc.property(ballots, ({ functions, votes }) => {
      const model = learnLabelModel(votes, functions, SETTINGS);
      const all = labelProbabilities(model, votes, 1);
      const byPattern = new Map<string, number>();
      all.forEach((p, i) => {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        const key = votes.slice(i * functions, (i + 1) * functions).join();
        expect(p).toBe(byPattern.get(key) ?? p);
        byPattern.set(key, p);
      });
    }),
  );
});

test('the order of the rows changes nothing', () => {
  fc.assert(
    fc.property(ballots, ({ functions, votes }) => {
      const rows = Array.from({ length: votes.length / functions }, (_, i) =>
        votes.slice(i * functions, (i + 1) * functions),
      );
      const reversed = Int8Array.from(rows.reverse().flatMap((row) => [...row]));
      const share = learnLabelModel(votes, functions, SETTINGS).share;
      expect(learnLabelModel(reversed, functions, SETTINGS).share).toBeCloseTo(share, 5);
    }),
  );
});
