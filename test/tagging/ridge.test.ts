import { expect, test } from 'vitest';
import { randomStream } from '../../src/tagging/random.js';
import { trainRidge } from '../../src/tagging/ridge.js';
import { fullRows, project } from '../../src/tagging/sparse.js';

const ROWS = 60;
const random = randomStream(3);
const noise = () => random() - 0.5;
const inputs = Float32Array.from({ length: 2 * ROWS }, noise);
const rows = fullRows(inputs, Float32Array.of(1, 1));
const targets = Float32Array.from(
  { length: ROWS },
  (_, i) => inputs[2 * i]! - 0.5 * inputs[2 * i + 1]! + noise() / 10,
);
const importance = Float32Array.from({ length: ROWS }, (_, i) => 1 + (i % 3));
const PENALTY = 2;
const options = { penalty: PENALTY, epochs: 200, seed: 1 };

/** Half the gradient of λ‖w‖² + Σ importance · (y − w·x)² at the model, the constant column last. */
function gradient({ weights, bias }: { weights: Float32Array; bias: Float32Array }): number[] {
  const answers = project(rows, weights, 1, bias);
  const out = [...weights, ...bias].map((value) => PENALTY * value);
  answers.forEach((answer, i) => {
    const miss = importance[i]! * (answer - targets[i]!);
    [inputs[2 * i]!, inputs[2 * i + 1]!, 1].forEach((x, k) => {
      out[k] = out[k]! + miss * x;
    });
  });
  return out;
}

test('the gradient of the penalised squared loss is zero where ridge regression ends', () => {
  for (const value of gradient(trainRidge(rows, targets, importance, options)))
    expect(Math.abs(value)).toBeLessThan(1e-4);
});

test('a row whose target is unknown teaches nothing', () => {
  const unknown = targets.map((target, i) => (i % 2 === 0 ? 0 : target));
  const strange = fullRows(
    inputs.map((value, at) => (Math.floor(at / 2) % 2 === 0 ? 100 : value)),
    Float32Array.of(1, 1),
  );
  expect(trainRidge(strange, unknown, importance, options)).toEqual(
    trainRidge(rows, unknown, importance, options),
  );
});
