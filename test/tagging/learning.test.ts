import fc from 'fast-check';
import { expect, test } from 'vitest';
import { trainBayes } from '../../src/tagging/bayes.js';
import { bestThreshold } from '../../src/tagging/best-threshold.js';
import { fitCalibration, offsetAt, sigmoid, slopeAt } from '../../src/tagging/calibration.js';
import { trainLogistic } from '../../src/tagging/logistic.js';
import { randomStream } from '../../src/tagging/random.js';
import { fullRows, project, stackRows } from '../../src/tagging/sparse.js';
import { eigen, leadingSubspace } from '../../src/tagging/subspace.js';

const options = { cost: 1, balance: 0, epochs: 60, seed: 3 };

/** Points in the plane with two labels: right of the y-axis, above the x-axis; the last row's second is unknown. */
function plane(points: number) {
  const random = randomStream(5);
  const matrix = Float32Array.from({ length: points * 2 }, () => random() * 2 - 1);
  const targets = Int8Array.from(matrix, (value) => (value > 0 ? 1 : -1));
  targets[targets.length - 1] = 0;
  return {
    rows: fullRows(matrix, Float32Array.of(1, 1)),
    matrix,
    targets,
    even: new Float32Array(points).fill(1),
  };
}

test('logistic regression ends where the gradient of its objective vanishes', () => {
  const { rows, matrix, targets, even } = plane(200);
  const { weights, bias } = trainLogistic(rows, targets, even, options);
  const gradient = [weights[0]!, weights[2]!, bias[0]!];
  for (let i = 0; i < 200; i++) {
    const [x, y] = [matrix[2 * i]!, matrix[2 * i + 1]!];
    const truth = targets[2 * i]!;
    const pull = -truth * sigmoid(-truth * (weights[0]! * x + weights[2]! * y + bias[0]!));
    gradient[0]! += pull * x;
    gradient[1]! += pull * y;
    gradient[2]! += pull;
  }
  for (const part of gradient) expect(Math.abs(part)).toBeLessThan(0.02);
});

test('a row that is half sure counts on both sides', () => {
  const one = fullRows(Float32Array.of(1), Float32Array.of(0));
  const { bias } = trainLogistic(one, Float32Array.of(0.5), Float32Array.of(1e6), options);
  expect(sigmoid(bias[0]!)).toBeCloseTo(0.75, 3);
});

test('naive Bayes weighs a term by the log of its shares with and without the label, and an unseen term nothing', () => {
  const rows = stackRows(
    [
      { terms: Int32Array.of(0, 1), weights: Float32Array.of(3, 1) },
      { terms: Int32Array.of(0, 1), weights: Float32Array.of(1, 1) },
    ],
    3,
  );
  const { weights } = trainBayes(rows, Int8Array.of(1, -1), Float32Array.of(1, 1), { smoothing: 1e-6 });
  expect(weights[0]).toBeCloseTo(Math.log(0.75 / 0.5), 4);
  expect(weights[1]).toBeCloseTo(Math.log(0.25 / 0.5), 4);
  expect(weights[2]).toBe(0);
});

test('naive Bayes of the opposite label has the opposite weights, and rows of unknown truth change nothing', () => {
  const row = fc.record({
    weights: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }),
    truth: fc.constantFrom(-1, 0, 1),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (given) => {
      const learn = (some: typeof given, sign: number) =>
        trainBayes(
          fullRows(Float32Array.from(some.flatMap(({ weights }) => weights)), Float32Array.of(1, 1, 1)),
          Int8Array.from(some, ({ truth }) => sign * truth),
          new Float32Array(some.length).fill(1),
          { smoothing: 0.01 },
        ).weights;
      const weights = learn(given, 1);
      learn(given, -1).forEach((weight, at) => {
        expect(weight).toBeCloseTo(-weights[at]!, 5);
      });
      const known = given.filter(({ truth }) => truth !== 0);
      if (known.length > 0) expect(learn(known, 1)).toEqual(weights);
    }),
  );
});

test('the same seed gives the same bits, another seed nearly the same answer', () => {
  const { rows, targets, even } = plane(100);
  const first = trainLogistic(rows, targets, even, options);
  expect(trainLogistic(rows, targets, even, options)).toEqual(first);
  const other = trainLogistic(rows, targets, even, { ...options, seed: 4 });
  other.weights.forEach((weight, i) => {
    expect(weight).toBeCloseTo(first.weights[i]!, 1);
  });
});

test('a label learns the same whether it is trained alone or along with others', () => {
  const { rows, targets, even } = plane(100);
  const alone = trainLogistic(
    rows,
    targets.filter((_, at) => at % 2 === 0),
    even,
    options,
  );
  const along = trainLogistic(rows, targets, even, options);
  expect([...alone.weights]).toEqual([along.weights[0], along.weights[2]]);
});

test('what is unknown of a row teaches nothing', () => {
  const { rows, targets, even } = plane(100);
  const masked = targets.map((value, at) => (at % 2 === 1 && at < 100 ? 0 : value));
  const { weights } = trainLogistic(rows, masked, even, options);
  const { weights: full } = trainLogistic(rows, targets, even, options);
  expect([weights[0], weights[2]]).toEqual([full[0], full[2]]);
  expect(weights[1]).not.toEqual(full[1]);
});

test('the leading subspace has the singular values of a matrix built from known ones', () => {
  // rows = 5·u₁v₁ᵀ + 2·u₂v₂ᵀ with orthonormal u and v
  const rows = 40;
  const matrix = new Float32Array(rows * 6);
  for (let i = 0; i < rows; i++) {
    const u = [Math.SQRT1_2 / Math.sqrt(rows / 2), (i % 2 ? 1 : -1) / Math.sqrt(rows)];
    for (let j = 0; j < 6; j++) {
      matrix[i * 6 + j] = (5 * u[0]!) / Math.sqrt(6) + ((j < 3 ? 2 : -2) * u[1]!) / Math.sqrt(6);
    }
  }
  const space = leadingSubspace(fullRows(matrix, new Float32Array(6).fill(1)), {
    dimensions: 2,
    oversampling: 1,
    rounds: 6,
    seed: 1,
  });
  expect(space.values[0]).toBeCloseTo(5, 2);
  expect(space.values[1]).toBeCloseTo(2, 2);
});

test('eigenvectors of any symmetric matrix give it back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 10, maxLength: 10 }), (entries) => {
      const n = 4;
      const matrix = new Float64Array(n * n);
      let k = 0;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          matrix[i * n + j] = entries[k]!;
          matrix[j * n + i] = entries[k++]!;
        }
      }
      const { values, vectors } = eigen(matrix, n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let e = 0; e < n; e++) sum += vectors[i * n + e]! * values[e]! * vectors[j * n + e]!;
          expect(sum).toBeCloseTo(matrix[i * n + j]!, 6);
        }
      }
    }),
  );
});

test('calibration finds the probabilities that made the truth, at every length', () => {
  const random = randomStream(11);
  const n = 20_000;
  const scores = Float32Array.from({ length: n }, () => random() * 6 - 3);
  const lengths = Float32Array.from({ length: n }, () => random() * 2 - 1);
  const truth = Int8Array.from(scores, (z, i) => (random() < sigmoid((2 + lengths[i]!) * z - 1) ? 1 : -1));
  const calibration = fitCalibration(scores, { lengths }, truth);
  expect(slopeAt(calibration, 1)).toBeCloseTo(3, 0);
  expect(slopeAt(calibration, -1)).toBeCloseTo(1, 0);
  expect(offsetAt(calibration, 0)).toBeCloseTo(-1, 0);
});

test('without examples calibration leaves a score as it is', () => {
  const { coefficients } = fitCalibration([], { lengths: [] }, []);
  expect(coefficients.map((value) => Math.round(value! * 1e9) / 1e9)).toEqual([1, 0, 0, 0]);
});

test('the best threshold lies between the last score that is worth accepting and the next', () => {
  expect(bestThreshold([5, 4, 3, 2, 1], [1, 1, -1, -1, -1])).toBe(3.5);
  expect(bestThreshold([5, 4, 3, 2, 1], [1, 0, 1, -1, -1])).toBe(2.5);
});

test('projecting sparse rows is the matrix product', () => {
  const rows = stackRows(
    [
      { terms: Int32Array.of(0, 2), weights: Float32Array.of(1, 2) },
      { terms: Int32Array.of(), weights: Float32Array.of() },
    ],
    3,
  );
  expect([...project(rows, Float32Array.of(1, 2, 3, 4, 5, 6), 2, Float32Array.of(10, 20))]).toEqual([
    21, 34, 10, 20,
  ]);
});
