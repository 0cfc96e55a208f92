import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitCalibration, offsetAt, sigmoid, slopeAt } from '../../src/tagging/calibration.js';
import { randomStream } from '../../src/tagging/random.js';
import { type Aim, thresholdsFor } from '../../src/tagging/training/aim.js';
import {
  CALIBRATION_METHODS,
  calibrate,
  calibrateAll,
  chooseCalibrator,
  crossEntropy,
  fitCalibrator,
  type UnseenAnswers,
} from '../../src/tagging/training/calibrator.js';

const LABELS = 3;

/** Answers whose true log-odds are `bend` of the logit; label j is true in a share that falls with j. */
function answersOf(rows: number, bend: (logit: number) => number, seed = 1): UnseenAnswers {
  const random = randomStream(seed);
  const logits = Float32Array.from({ length: rows * LABELS }, (_, at) => random() * 6 - 3 - (at % LABELS));
  return {
    labels: LABELS,
    logits,
    targets: logits.map((logit) => (random() < sigmoid(bend(logit)) ? 1 : 0)),
    lengths: new Float32Array(rows),
    folds: Uint8Array.from({ length: rows }, (_, i) => i % 5),
  };
}

test.each([
  ['temperature', (z: number) => 0.5 * z],
  ['platt', (z: number) => 2 * z + 3],
  ['isotonic', (z: number) => (z > -1 ? 3 : -3)],
] as const)('%s is chosen where it is what the answers need', (method, bend) => {
  const answers = answersOf(1500, bend);
  const { calibrator, losses } = chooseCalibrator(answers);
  expect(calibrator.method).toBe(method);
  expect(losses[method]).toBe(Math.min(...Object.values(losses)));
});

test('calibration makes fresh answers truer, whichever method fits it', () => {
  const bend = (z: number) => 2 * z + 1;
  const fresh = answersOf(1500, bend, 2);
  const before = crossEntropy(fresh.logits, fresh.targets).loss;
  for (const method of CALIBRATION_METHODS) {
    const calibrator = fitCalibrator(method, answersOf(1500, bend));
    expect(crossEntropy(calibrateAll(calibrator, fresh), fresh.targets).loss, method).toBeLessThan(before);
  }
});

test('no calibration turns the order of two answers round', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CALIBRATION_METHODS), fc.integer({ min: 0, max: 1e6 }), (method, seed) => {
      const answers = answersOf(30, (z) => z, seed);
      const calibrated = calibrateAll(fitCalibrator(method, answers), answers);
      for (let a = 0; a < calibrated.length; a += LABELS) {
        for (let b = 0; b < calibrated.length; b += LABELS) {
          if (answers.logits[a]! < answers.logits[b]!)
            expect(calibrated[a]!).toBeLessThanOrEqual(calibrated[b]! + 1e-4);
        }
      }
    }),
    { numRuns: 30 },
  );
});

/** What 0.8 · micro-F1 + 0.2 · macro-F1 is to be expected at some thresholds. */
function expected({ logits }: UnseenAnswers, thresholds: ArrayLike<number>): number {
  const sums = Array.from({ length: LABELS }, () => ({ hits: 0, size: 0 }));
  logits.forEach((z, at) => {
    const sum = sums[at % LABELS]!;
    sum.size += sigmoid(z) + (z >= thresholds[at % LABELS]! ? 1 : 0);
    if (z >= thresholds[at % LABELS]!) sum.hits += sigmoid(z);
  });
  const micro = (2 * sums.reduce((n, { hits }) => n + hits, 0)) / sums.reduce((n, { size }) => n + size, 0);
  return 0.8 * micro + 0.2 * (sums.reduce((n, { hits, size }) => n + (2 * hits) / size, 0) / LABELS);
}

test('no other thresholds promise a better F1', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const answers = answersOf(40, (z) => z, seed);
      const found = thresholdsFor({ kind: 'best-f1' }, answers, ['genre', 'genre', 'genre']);
      const best = expected(answers, found);
      const random = randomStream(seed);
      for (let k = 0; k < 50; k++) {
        const other = found.map((value) => value + (random() < 0.5 ? 0 : random() * 2 - 1));
        expect(expected(answers, other)).toBeLessThanOrEqual(best + 1e-3);
      }
    }),
    { numRuns: 20 },
  );
});

test('where best F1 accepts every row, an answer below all that were seen is accepted, too', () => {
  const logits = Float32Array.of(3, 2.5, 2, 1.5);
  const answers: UnseenAnswers = {
    ...{ labels: 1, logits, lengths: new Float32Array(4), folds: new Uint8Array(4) },
    targets: Float32Array.of(1, 1, 1, 0),
  };
  const [threshold] = thresholdsFor({ kind: 'best-f1' }, answers, ['genre']);
  expect(threshold).toBeLessThan(1.4);
  expect(Number.isFinite(threshold)).toBe(true);
});

test('the labels of one group do not move the thresholds of another', () => {
  const answers = answersOf(200, (z) => z);
  const at = (groups: string[]) => thresholdsFor({ kind: 'best-f1' }, answers, groups);
  const alone = thresholdsFor({ kind: 'best-f1' }, { ...answers, labels: 1, ...onlyFirst(answers) }, [
    'genre',
  ]);
  expect(at(['genre', 'mood', 'mood'])[0]).toBe(alone[0]);
  expect(at(['genre', 'genre', 'genre'])[0]).not.toBe(alone[0]);
});

function onlyFirst({ logits, targets }: UnseenAnswers) {
  const first = (values: Float32Array) => values.filter((_, at) => at % LABELS === 0);
  return { logits: first(logits), targets: first(targets) };
}

test('a floor for precision gives the lowest threshold that keeps it, or none', () => {
  const logits = Float32Array.from({ length: 12 }, (_, i) => 12 - i);
  const answers: UnseenAnswers = {
    ...{ labels: 1, logits, lengths: new Float32Array(12), folds: new Uint8Array(12) },
    targets: Float32Array.of(1, 1, 1, 1, 0, 1, Number.NaN, 1, 0, 0, 0, 0),
  };
  const at = (floor: number) =>
    thresholdsFor({ kind: 'precision', floor } satisfies Aim, answers, ['genre'])[0];
  expect(at(0.8)).toBe(5); // 6 of the 7 known answers above are right
  expect(at(0.7)).toBe(4); // 6 of 8, and 6 of 9 would be less
  expect(at(0.9)).toBe(Number.POSITIVE_INFINITY);
});

test("Platt's scaling does not go astray where nearly all answers are far on one side", () => {
  const random = randomStream(3);
  const scores = Float32Array.from({ length: 2000 }, () => -40 + 20 * random());
  const truth = scores.map((score) => (random() < sigmoid(0.5 * score + 12) ? 1 : -1));
  const calibration = fitCalibration(scores, { lengths: new Float32Array(2000) }, truth);
  expect(Math.abs(slopeAt(calibration, 0) - 0.5)).toBeLessThan(0.1);
  expect(Math.abs(offsetAt(calibration, 0) - 12)).toBeLessThan(2);
});

test("Platt's scaling learns what paragraphs say of a label, and lets a text without any be as it is", () => {
  const random = randomStream(9);
  const rows = 3000;
  const logits = Float32Array.from({ length: rows }, () => random() * 6 - 3);
  const paragraphs = Float32Array.from({ length: rows }, () => random() * 4 - 2);
  const answers: UnseenAnswers = {
    ...{ labels: 1, logits, paragraphs, lengths: new Float32Array(rows), folds: new Uint8Array(rows) },
    targets: logits.map((z, i) => (random() < sigmoid(z + paragraphs[i]!) ? 1 : 0)),
  };
  const calibrator = fitCalibrator('platt', answers);
  const at = (v: number) => calibrate(calibrator, 0, 1, { length: 0, paragraphs: v });
  expect(at(1) - at(0)).toBeGreaterThan(0.6);
  expect(at(0)).toBeCloseTo(1, 0);
  const unaware = fitCalibrator('platt', { ...answers, paragraphs: undefined });
  expect(crossEntropy(calibrateAll(calibrator, answers), answers.targets).loss).toBeLessThan(
    0.95 * crossEntropy(calibrateAll(unaware, answers), answers.targets).loss,
  );
});
