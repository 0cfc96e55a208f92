/** The threshold of best F1, midway between the last score above it and the first below. */
export function bestThreshold(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, i) => i)
    .filter((i) => truth[i] !== 0)
    .sort((a, b) => scores[b]! - scores[a]!);
  const positives = order.reduce((n, i) => n + (truth[i]! > 0 ? 1 : 0), 0);
  let hits = 0;
  let best = 0;
  let threshold = Number.POSITIVE_INFINITY;
  order.forEach((i, rank) => {
    if (truth[i]! > 0) hits++;
    const next = order[rank + 1];
    const f = (2 * hits) / (rank + 1 + positives);
    if (f > best && (next === undefined || scores[next]! < scores[i]!)) {
      best = f;
      threshold = next === undefined ? scores[i]! : (scores[i]! + scores[next]!) / 2;
    }
  });
  return threshold;
}
