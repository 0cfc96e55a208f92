import { randomStream } from '../../src/tagging/random.js';

/** Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), gains as they are. */
export function ndcg(gains: readonly number[], ideal: readonly number[]): number {
  const dcg = (values: readonly number[]) =>
    values.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const best = dcg(ideal);
  return best === 0 ? 0 : dcg(gains) / best;
}

const DRAWS = 1_000;

/** Mean with its 95 % bootstrap interval over the queries. */
export function interval(
  values: readonly number[],
  seed: number,
): { mean: number; low: number; high: number } {
  const random = randomStream(seed);
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const means = Array.from({ length: DRAWS }, () =>
    mean(values.map(() => values[Math.floor(random() * values.length)]!)),
  ).sort((a, b) => a - b);
  return {
    mean: mean(values),
    low: means[Math.floor(0.025 * DRAWS)]!,
    high: means[Math.floor(0.975 * DRAWS)]!,
  };
}
