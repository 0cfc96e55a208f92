/** Losses of many independent problems of one size, and their gradients. */
export interface Slopes {
  /** One a problem. */
  losses: ArrayLike<number>;
  /** size × problems, row after row. */
  gradient: Float32Array;
}

export interface LbfgsOptions {
  /** Evaluations at most. */
  rounds: number;
  /** A problem is solved when no part of its gradient is larger, as a share of the largest one at the start. */
  tolerance: number;
}

/** Pairs of steps and changes of slope that the curvature is guessed from. */
const MEMORY = 8;
/** Armijo's condition: a step must lower the loss by this share of what the slope promises. */
const SUFFICIENT = 1e-4;
/** Shorter steps than this change nothing that float32 could tell. */
const SHORTEST_STEP = 1e-6;

/**
 * Minimises many independent smooth, strictly convex functions side by side by limited-memory BFGS (Nocedal & Wright,
 * Numerical Optimization, algorithm 7.4), so that one evaluation serves them all; each has its own step lengths and
 * curvature, and its result does not depend on the others but for rounding.
 * @param start size × problems; is not changed
 * @param evaluate losses and gradient at a point
 * @returns the best points, size × problems
 */
export async function minimise(
  start: Float32Array,
  problems: number,
  evaluate: (point: Float32Array) => Promise<Slopes>,
  options: LbfgsOptions,
): Promise<Float32Array> {
  let point: Float32Array = start.slice();
  const first = copied(await evaluate(point));
  let losses = first.losses;
  let gradient: Float32Array = first.gradient;
  const enough = largest(gradient, problems).map((value) => value * options.tolerance);
  const memory: Pair[] = [];
  let direction: Float32Array = gradient.map((value) => -value);
  let steps = norms(gradient, problems).map((norm) => (norm > 0 ? 1 / norm : 0));
  let slopes = dots(gradient, direction, problems);
  for (let round = 1; round < options.rounds; round++) {
    const trial = moved(point, direction, steps);
    const found = copied(await evaluate(trial));
    const better = steps.map((step, j) =>
      step > 0 && found.losses[j]! <= losses[j]! + SUFFICIENT * step * slopes[j]! ? 1 : 0,
    );
    memory.push(pairOf(point, trial, gradient, found.gradient, better));
    if (memory.length > MEMORY) memory.shift();
    point = chosen(better, trial, point);
    gradient = chosen(better, found.gradient, gradient);
    losses = losses.map((loss, j) => (better[j] ? found.losses[j]! : loss));
    direction = chosen(better, descent(gradient, memory, problems), direction);
    slopes = dots(gradient, direction, problems);
    const left = largest(gradient, problems);
    steps = steps.map((step, j) => {
      const next = better[j] ? 1 : step / 2;
      return left[j]! <= enough[j]! || next < SHORTEST_STEP ? 0 : next;
    });
    if (steps.every((step) => step === 0)) break;
  }
  return point;
}

/** A step, the change of slope along it, and 1 / (step · change); 0 for problems whose step was refused. */
interface Pair {
  step: Float32Array;
  change: Float32Array;
  inverse: Float64Array;
  /** step · change / change · change: the scale of the curvature. */
  scale: Float64Array;
}

function pairOf(
  from: Float32Array,
  to: Float32Array,
  before: Float32Array,
  after: Float32Array,
  better: Float64Array,
): Pair {
  const step = to.map((value, i) => value - from[i]!);
  const change = after.map((value, i) => value - before[i]!);
  const products = dots(step, change, better.length);
  const squares = dots(change, change, better.length);
  const isUsable = (j: number) => better[j] && products[j]! > 0;
  return {
    step,
    change,
    inverse: products.map((product, j) => (isUsable(j) ? 1 / product : 0)),
    scale: products.map((product, j) => (isUsable(j) ? product / squares[j]! : 0)),
  };
}

/** Minus the gradient times the inverse curvature that the pairs tell of: the two loops. */
function descent(gradient: Float32Array, memory: readonly Pair[], problems: number): Float32Array {
  const found = gradient.map((value) => -value);
  const shares: Float64Array[] = [];
  for (const { step, change, inverse } of memory.toReversed()) {
    const share = dots(step, found, problems).map((value, j) => value * inverse[j]!);
    addScaled(found, change, share, -1);
    shares.push(share);
  }
  const scales = new Float64Array(problems).map(
    (_, j) => memory.findLast(({ scale }) => scale[j])?.scale[j] ?? 1,
  );
  for (let i = 0, j = 0; i < found.length; i++) {
    found[i] = found[i]! * scales[j]!;
    if (++j === problems) j = 0;
  }
  for (const { step, change, inverse } of memory) {
    const first = shares.pop()!;
    const second = dots(change, found, problems).map((value, j) => value * inverse[j]!);
    addScaled(
      found,
      step,
      first.map((value, j) => value - second[j]!),
      1,
    );
  }
  return found;
}

function addScaled(to: Float32Array, from: Float32Array, factors: Float64Array, sign: number): void {
  const problems = factors.length;
  for (let i = 0, j = 0; i < to.length; i++) {
    to[i] = to[i]! + sign * factors[j]! * from[i]!;
    if (++j === problems) j = 0;
  }
}

function moved(point: Float32Array, direction: Float32Array, steps: Float64Array): Float32Array {
  const trial = point.slice();
  addScaled(trial, direction, steps, 1);
  return trial;
}

/** Each problem's column of `yes` or of `no`. */
function chosen(better: Float64Array, yes: Float32Array, no: Float32Array): Float32Array {
  return no.map((value, i) => (better[i % better.length] ? yes[i]! : value));
}

function dots(a: Float32Array, b: Float32Array, problems: number): Float64Array {
  const sums = new Float64Array(problems);
  for (let i = 0, j = 0; i < a.length; i++) {
    sums[j] = sums[j]! + a[i]! * b[i]!;
    if (++j === problems) j = 0;
  }
  return sums;
}

const norms = (a: Float32Array, problems: number) => dots(a, a, problems).map(Math.sqrt);

function largest(a: Float32Array, problems: number): Float64Array {
  const found = new Float64Array(problems);
  a.forEach((value, i) => {
    found[i % problems] = Math.max(found[i % problems]!, Math.abs(value));
  });
  return found;
}

/** The evaluation may hand out the same arrays again. */
const copied = ({ losses, gradient }: Slopes) => ({
  losses: Float64Array.from(losses),
  gradient: gradient.slice(),
});
