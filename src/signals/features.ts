/** What a feature measures, for docs/signals.md and for people. */
export interface Feature {
  unit: string;
  /** The formula in one line; symbols are explained in docs/signals.md. */
  formula: string;
}

/** Centre and spread of one feature, in the feature's own unit. */
export interface Spread {
  mean: number;
  deviation: number;
}

/** A normalised value never leaves −CLIP … CLIP, so that one odd shot cannot decide a trailer. */
export const CLIP = 3; // deviations

/** The value in deviations from the mean, clipped; 0 (the neutral value) where it could not be measured. */
export function normalise(value: number | null, spread: Spread): number {
  if (value === null) return 0;
  return Math.max(-CLIP, Math.min(CLIP, (value - spread.mean) / spread.deviation));
}

/** `normalise` for each feature of the catalogue, in the catalogue's order. */
export function normaliseAll<N extends string>(
  catalogue: Record<N, Feature>,
  values: Record<N, number | null>,
  spreads: Record<N, Spread>,
): Float32Array {
  const names = Object.keys(catalogue) as N[];
  return Float32Array.from(names, (name) => normalise(values[name], spreads[name]));
}

/** Mean of equally long vectors under weights that sum to 1. */
export function weightedMean(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sums = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, i) => {
    const weight = weights[i]!;
    for (let k = 0; k < sums.length; k++) sums[k]! += weight * vector[k]!;
  });
  return Float32Array.from(sums);
}

/** What each moment weighs in the whole: its share of their time together. */
export function timeWeights(moments: readonly { startSeconds: number; endSeconds: number }[]): number[] {
  const lengths = moments.map((moment) => Math.max(0, moment.endSeconds - moment.startSeconds));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) => (total > 0 ? length / total : 1 / moments.length));
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Standard deviation of the whole population. */
export function deviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length);
}

/** Linear interpolation between the sorted values; `share` 0.5 is the median. */
export function quantile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

/** Slope of the least-squares line through the points, or null where all have the same x. */
export function slope(xs: readonly number[], ys: readonly number[]): number | null {
  const centre = mean(xs);
  let covariance = 0;
  let variance = 0;
  xs.forEach((x, i) => {
    covariance += (x - centre) * ys[i]!;
    variance += (x - centre) ** 2;
  });
  return variance > 0 ? covariance / variance : null;
}
