/**
 * Turns a raw score into log-odds that mean what they say, for a text of any length:
 * log-odds = a·z + b·z·u + c·u + d, with u = ln(1 + words) in deviations from its mean over the training texts.
 */
export interface Calibration {
  /** a, b, c, d. */
  coefficients: [number, number, number, number];
}

const IDENTITY: readonly number[] = [1, 0, 0, 0];

/** How strongly the coefficients are held to a = 1, b = c = d = 0: what a label with few examples falls back to. */
const STRENGTH = [1, 10, 1, 0.01];

/**
 * Platt's scaling (1999) with the text's length beside the score, fitted by Newton's method under a Gaussian prior
 * around the identity. A step that would raise the loss is halved until it does not: where nearly all scores lie on one
 * side of zero the curvature is flat, and a full step goes astray for good.
 * @param truth 1 yes, −1 no, 0 unknown; between: 2·probability − 1
 */
export function fitCalibration(
  scores: ArrayLike<number>,
  lengths: ArrayLike<number>,
  truth: ArrayLike<number>,
): Calibration {
  const examples = { scores, lengths, truth };
  let coefficients = Float64Array.from(IDENTITY);
  let loss = lossOf(coefficients, examples);
  for (let round = 0; round < ROUNDS; round++) {
    const step = newtonStep(coefficients, examples);
    let share = 1;
    let next = coefficients;
    let nextLoss = Infinity;
    while (share > SMALLEST_SHARE) {
      next = coefficients.map((value, k) => value - share * step[k]!);
      nextLoss = lossOf(next, examples);
      if (nextLoss <= loss + ROUNDING * Math.abs(loss)) break;
      share /= 2;
    }
    if (nextLoss > loss + ROUNDING * Math.abs(loss)) break;
    coefficients = next;
    loss = nextLoss;
    if (step.every((value) => Math.abs(value) < NEGLIGIBLE)) break;
  }
  const [a = 1, b = 0, c = 0, d = 0] = coefficients;
  return { coefficients: [a, b, c, d] };
}

const ROUNDS = 50;
const SMALLEST_SHARE = 1e-6;
/** Of the loss: what a sum of many terms may be off by. */
const ROUNDING = 1e-12;
/** Newton's steps shrink to their square: the next one would change nothing. */
const NEGLIGIBLE = 1e-9;

interface Examples {
  scores: ArrayLike<number>;
  lengths: ArrayLike<number>;
  truth: ArrayLike<number>;
}

/** Negative log posterior, without its constant. */
function lossOf(coefficients: Float64Array, { scores, lengths, truth }: Examples): number {
  let loss = coefficients.reduce(
    (sum, value, k) => sum + (STRENGTH[k]! * (value - IDENTITY[k]!) ** 2) / 2,
    0,
  );
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 0) continue;
    const logOdds = dot(coefficients, inputsOf(scores[i]!, lengths[i]!));
    loss += Math.max(logOdds, 0) + Math.log1p(Math.exp(-Math.abs(logOdds))) - ((truth[i]! + 1) / 2) * logOdds;
  }
  return loss;
}

/** The loss's gradient over its curvature. */
function newtonStep(coefficients: Float64Array, { scores, lengths, truth }: Examples): Float64Array {
  const gradient = coefficients.map((value, k) => STRENGTH[k]! * (value - IDENTITY[k]!));
  const curvature = new Float64Array(16);
  for (let k = 0; k < 4; k++) curvature[k * 5] = STRENGTH[k]!;
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 0) continue;
    const inputs = inputsOf(scores[i]!, lengths[i]!);
    const p = sigmoid(dot(coefficients, inputs));
    const error = p - (truth[i]! + 1) / 2;
    for (let a = 0; a < 4; a++) {
      gradient[a] = gradient[a]! + error * inputs[a]!;
      for (let b = 0; b < 4; b++) {
        curvature[a * 4 + b] = curvature[a * 4 + b]! + p * (1 - p) * inputs[a]! * inputs[b]!;
      }
    }
  }
  return solve(curvature, gradient);
}

/** What one unit of raw score is worth in log-odds at length `u`; never negative, so that order is kept. */
export function slopeAt({ coefficients: [a, b] }: Calibration, u: number): number {
  return Math.max(0, a + b * u);
}

/** The log-odds of a raw score of zero at length `u`. */
export function offsetAt({ coefficients: [, , c, d] }: Calibration, u: number): number {
  return c * u + d;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

const inputsOf = (z: number, u: number) => [z, z * u, u, 1];

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** x of the symmetric positive definite 4 × 4 system, by Gaussian elimination. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const a = matrix.slice();
  const x = right.slice();
  for (let p = 0; p < 4; p++) {
    for (let row = p + 1; row < 4; row++) {
      const factor = a[row * 4 + p]! / a[p * 5]!;
      for (let k = p; k < 4; k++) a[row * 4 + k] = a[row * 4 + k]! - factor * a[p * 4 + k]!;
      x[row] = x[row]! - factor * x[p]!;
    }
  }
  for (let p = 3; p >= 0; p--) {
    for (let k = p + 1; k < 4; k++) x[p] = x[p]! - a[p * 4 + k]! * x[k]!;
    x[p] = x[p]! / a[p * 5]!;
  }
  return x;
}
