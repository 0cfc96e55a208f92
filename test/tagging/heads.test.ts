import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sigmoid } from '../../src/tagging/calibration.js';
import { randomStream } from '../../src/tagging/random.js';
import { fitHidden } from '../../src/tagging/training/hidden-head.js';
import { minimise } from '../../src/tagging/training/lbfgs.js';
import { fitLinear, type HeadLesson } from '../../src/tagging/training/linear-head.js';
import {
  headLogits,
  type InputLayout,
  inputsOf,
  inputWeights,
  type VectorHead,
  writeInputs,
} from '../../src/tagging/vector-head.js';

function lessonOf(x: number[][], target: number[][], importance?: number[][]): HeadLesson {
  const flat = (rows: number[][]) => Float32Array.from(rows.flat());
  return {
    ...{ inputs: x[0]!.length, labels: target[0]!.length, x: flat(x), target: flat(target) },
    importance: importance ? flat(importance) : new Float32Array(target.flat().length).fill(1),
    offset: new Float32Array(target.flat().length),
  };
}

test('L-BFGS finds the least of many quadratic bowls at once, however they are stretched', async () => {
  const bowl = fc.record({
    centre: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 3, maxLength: 3 }),
    stretch: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 3, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(bowl, { minLength: 1, maxLength: 4 }), async (bowls) => {
      const n = bowls.length;
      const found = await minimise(
        new Float32Array(3 * n),
        n,
        async (point) => {
          const at = (i: number) => bowls[i % n]!;
          const off = point.map((value, i) => value - at(i).centre[Math.floor(i / n)]!);
          const gradient = off.map((value, i) => at(i).stretch[Math.floor(i / n)]! * value);
          const losses = new Float64Array(n);
          off.forEach((value, i) => {
            losses[i % n] = losses[i % n]! + 0.5 * gradient[i]! * value;
          });
          return { losses, gradient };
        },
        { rounds: 200, tolerance: 1e-6 },
      );
      bowls.forEach(({ centre }, j) => {
        centre.forEach((value, k) => {
          expect(found[k * n + j]).toBeCloseTo(value, 2);
        });
      });
    }),
    { numRuns: 50 },
  );
});

test('a linear head ends where the gradient of its objective vanishes, weights of rows and offsets counted', async () => {
  const random = randomStream(2);
  const x = Array.from({ length: 200 }, () => [random() * 2 - 1, random() * 2 - 1]);
  const target = x.map(([a]) => [a! + random() > 0.5 ? 1 : 0, random()]);
  const importance = x.map(() => [random(), random() < 0.2 ? 0 : 1]);
  const lesson = lessonOf(x, target, importance);
  lesson.offset.forEach((_, at) => {
    lesson.offset[at] = random() - 0.5;
  });
  const STRENGTH = 2;
  const { weights, bias } = await fitLinear(lesson, STRENGTH);
  for (const label of [0, 1]) {
    const gradient = [STRENGTH * weights[label]!, STRENGTH * weights[2 + label]!, 0];
    x.forEach(([a, b], i) => {
      const z =
        a! * weights[label]! + b! * weights[2 + label]! + bias[label]! + lesson.offset[2 * i + label]!;
      const error = importance[i]![label]! * (sigmoid(z) - target[i]![label]!);
      [a!, b!, 1].forEach((value, k) => {
        gradient[k] = gradient[k]! + error * value;
      });
    });
    for (const part of gradient) expect(Math.abs(part)).toBeLessThan(0.1);
  }
});

/** Points of a square, true in two opposite quarters: no line parts them. */
function quarters(count: number): HeadLesson {
  const random = randomStream(3);
  const x = Array.from({ length: count }, () => [random() * 2 - 1, random() * 2 - 1]);
  return lessonOf(
    x,
    x.map(([a, b]) => [a! * b! > 0 ? 1 : 0]),
  );
}

const layoutOf = (width: number): InputLayout => ({
  signals: [{ signal: 'PICTURE', width }],
  mean: new Float32Array(width),
  scale: new Float32Array(width).fill(1),
});

test('a hidden layer learns what no line can part, the same from the same seed', async () => {
  const lesson = quarters(300);
  const learned = await fitHidden(lesson, { seed: 5, variants: 1 });
  expect(await fitHidden(lesson, { seed: 5, variants: 1 })).toEqual(learned);
  const head: VectorHead = { kind: 'hidden', layout: layoutOf(2), ...learned };
  const linear: VectorHead = { kind: 'linear', layout: layoutOf(2), ...(await fitLinear(lesson, 0.1)) };
  const right = (one: VectorHead) =>
    lesson.target.reduce((n, target, i) => {
      const [logit] = headLogits(one, lesson.x.subarray(2 * i, 2 * i + 2));
      return n + (logit! > 0 === target > 0.5 ? 1 : 0);
    }, 0) / lesson.target.length;
  expect(right(head)).toBeGreaterThan(0.9);
  expect(right(linear)).toBeLessThan(0.65);
}, 60_000);

test('what the inputs contributed adds up to what they changed, for both kinds of head', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const random = randomStream(seed);
      const numbers = (n: number) => Float32Array.from({ length: n }, () => random() * 2 - 1);
      const hidden: VectorHead = {
        ...{ kind: 'hidden', layout: layoutOf(4), inner: numbers(24), innerBias: numbers(4) },
        ...{ outer: numbers(8), outerBias: numbers(2) },
      };
      const linear: VectorHead = {
        kind: 'linear',
        layout: layoutOf(4),
        weights: numbers(12),
        bias: numbers(2),
      };
      for (const head of [hidden, linear]) {
        const inputs = new Float32Array(inputsOf(head.layout));
        writeInputs(head.layout, { vectors: { PICTURE: numbers(4) }, hasWords: random() < 0.5 }, inputs);
        for (const label of [0, 1]) {
          const parts = inputWeights(head, inputs, label).reduce((sum, w, i) => sum + w * inputs[i]!, 0);
          const [from, to] = [new Float32Array(inputs.length), inputs].map(
            (at) => headLogits(head, at)[label]!,
          );
          expect(parts).toBeCloseTo(to! - from!, 4);
        }
      }
    }),
    { numRuns: 30 },
  );
});
