import type { Slopes } from '../../src/tagging/training/lbfgs.js';
import type { HeadLesson } from '../../src/tagging/training/linear-head.js';

/** What the graph `linearGradient` works out, in plain TypeScript. */
export function linearSlopes(lesson: HeadLesson, weights: Float32Array, bias: Float32Array): Slopes {
  const { inputs, labels, x, target, importance, offset } = lesson;
  const rows = x.length / inputs;
  const losses = new Float64Array(labels);
  const gradient = new Float32Array((inputs + 1) * labels);
  const logits = new Float64Array(labels);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < labels; j++) logits[j] = bias[j]! + offset[i * labels + j]!;
    for (let k = 0; k < inputs; k++) {
      const value = x[i * inputs + k]!;
      for (let j = 0; j < labels; j++) logits[j] = logits[j]! + value * weights[k * labels + j]!;
    }
    for (let j = 0; j < labels; j++) {
      const z = logits[j]!;
      const at = i * labels + j;
      const loss = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target[at]! * z;
      losses[j] = losses[j]! + importance[at]! * loss;
      logits[j] = importance[at]! * (1 / (1 + Math.exp(-z)) - target[at]!);
    }
    for (let k = 0; k < inputs; k++) {
      const value = x[i * inputs + k]!;
      for (let j = 0; j < labels; j++)
        gradient[k * labels + j] = gradient[k * labels + j]! + value * logits[j]!;
    }
    for (let j = 0; j < labels; j++)
      gradient[inputs * labels + j] = gradient[inputs * labels + j]! + logits[j]!;
  }
  return { losses, gradient };
}
