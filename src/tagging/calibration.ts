/**
 * Turns a raw score into log-odds that mean what they say, for a text of any shape:
 * log-odds = a·z + b·z·u + c·u + d + e·v, with u and v as in `TextShape`.
 */
export interface Calibration {
  /** a, b, c, d, and e where paragraphs were known. */
  coefficients: Coefficients;
}

export type Coefficients = [number, number, number, number, number?];

const IDENTITY: readonly number[] = [1, 0, 0, 0, 0];

/**
 * How strongly the coefficients are held to a = 1, all others 0: what a label with few examples falls back to. What a
 * text's shape says of a rare label is mostly chance: docs/decisions/052-calibration.md has the figures.
 */
const STRENGTH = [1, 10, 100, 0.01, 100];

/**
 * Platt's scaling (1999) with the text's shape beside the score, fitted by Newton's method under a Gaussian prior
 * around the identity.
 * @param shapes one number an example: lengths, and paragraphs where they are known
 * @param truth 1 yes, −1 no, 0 unknown; between: 2·probability − 1
 */
export function fitCalibration(
  scores: ArrayLike<number>,
  shapes: { lengths: ArrayLike<number>; paragraphs?: ArrayLike<number> },
  truth: ArrayLike<number>,
): Calibration {
  const examples = { scores, ...shapes, truth };
  const start = Float64Array.from(IDENTITY.slice(0, shapes.paragraphs ? 5 : 4));
  let fit: Fit | null = { coefficients: start, loss: lossOf(start, examples) };
  let best = fit;
  for (let round = 0; round < ROUNDS && fit; round++) {
    best = fit;
    const step = newtonStep(best.coefficients, examples);
    fit = step.every((value) => Math.abs(value) < NEGLIGIBLE) ? null : stepDown(best, step, examples);
  }
  return { coefficients: [...(fit ?? best).coefficients] as Coefficients };
}

const ROUNDS = 50;
const SMALLEST_SHARE = 1e-6;
/** Of the loss: what a sum of many terms may be off by. */
const ROUNDING = 1e-12;
/** Newton's steps shrink to their square: the next one would change nothing. */
const NEGLIGIBLE = 1e-9;

interface Fit {
  coefficients: Float64Array;
  loss: number;
}

/**
 * A step, halved until it does not raise the loss: where nearly all scores lie on one side of zero the curvature is
 * flat, and a full step goes astray for good.
 * @returns null where no share of it lowers the loss
 */
function stepDown(from: Fit, step: Float64Array, examples: Examples): Fit | null {
  for (let share = 1; share > SMALLEST_SHARE; share /= 2) {
    const coefficients = from.coefficients.map((value, k) => value - share * step[k]!);
    const loss = lossOf(coefficients, examples);
    if (loss <= from.loss + ROUNDING * Math.abs(from.loss)) return { coefficients, loss };
  }
  return null;
}

interface Examples {
  scores: ArrayLike<number>;
  lengths: ArrayLike<number>;
  paragraphs?: ArrayLike<number>;
  truth: ArrayLike<number>;
}

/** Negative log posterior, without its constant. */
function lossOf(coefficients: Float64Array, examples: Examples): number {
  const { truth } = examples;
  let loss = coefficients.reduce(
    (sum, value, k) => sum + (STRENGTH[k]! * (value - IDENTITY[k]!) ** 2) / 2,
    0,
  );
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 0) continue;
    const logOdds = dot(coefficients, inputsOf(examples, i));
    loss += Math.max(logOdds, 0) + Math.log1p(Math.exp(-Math.abs(logOdds))) - ((truth[i]! + 1) / 2) * logOdds;
  }
  return loss;
}

/** The loss's gradient over its curvature. */
function newtonStep(coefficients: Float64Array, examples: Examples): Float64Array {
  const { truth } = examples;
  const size = coefficients.length;
  const gradient = coefficients.map((value, k) => STRENGTH[k]! * (value - IDENTITY[k]!));
  const curvature = new Float64Array(size * size);
  for (let k = 0; k < size; k++) curvature[k * (size + 1)] = STRENGTH[k]!;
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 0) continue;
    const inputs = inputsOf(examples, i);
    const p = sigmoid(dot(coefficients, inputs));
    const error = p - (truth[i]! + 1) / 2;
    for (let a = 0; a < size; a++) {
      gradient[a] = gradient[a]! + error * inputs[a]!;
      for (let b = 0; b < size; b++) {
        curvature[a * size + b] = curvature[a * size + b]! + p * (1 - p) * inputs[a]! * inputs[b]!;
      }
    }
  }
  return solve(curvature, gradient);
}

/** What one unit of raw score is worth in log-odds at length `u`; never negative, so that order is kept. */
export function slopeAt({ coefficients: [a, b] }: Calibration, u: number): number {
  return Math.max(0, a + b * u);
}

/** The log-odds of a raw score of zero at length `u` and with paragraphs `v`. */
export function offsetAt({ coefficients: [, , c, d, e = 0] }: Calibration, u: number, v = 0): number {
  return c * u + d + e * v;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function inputsOf({ scores, lengths, paragraphs }: Examples, i: number): number[] {
  const [z, u] = [scores[i]!, lengths[i]!];
  return paragraphs ? [z, z * u, u, 1, paragraphs[i]!] : [z, z * u, u, 1];
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** x of a symmetric positive definite system, by Gaussian elimination. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const a = matrix.slice();
  const x = right.slice();
  const n = x.length;
  for (let p = 0; p < n; p++) {
    for (let row = p + 1; row < n; row++) {
      const factor = a[row * n + p]! / a[p * (n + 1)]!;
      for (let k = p; k < n; k++) a[row * n + k] = a[row * n + k]! - factor * a[p * n + k]!;
      x[row] = x[row]! - factor * x[p]!;
    }
  }
  for (let p = n - 1; p >= 0; p--) {
    for (let k = p + 1; k < n; k++) x[p] = x[p]! - a[p * n + k]! * x[k]!;
    x[p] = x[p]! / a[p * (n + 1)]!;
  }
  return x;
}
