/** How many positives a label needs before its own best threshold counts as much as the shared one. */
const SHRINKAGE = 30;

/**
 * One threshold a label on log-odds: the one of best F1 on scores that the model gave to texts it had not seen,
 * drawn towards the threshold of best F1 over all labels together where positives are few.
 *
 * @param scores one array a label; @param truth likewise: 1 yes, −1 no, 0 unknown
 */
export function tuneThresholds(scores: readonly Float32Array[], truth: readonly Int8Array[]): number[] {
  const shared = bestThreshold(
    scores.flatMap((s) => [...s]),
    truth.flatMap((t) => [...t]),
  );
  return scores.map((own, j) => {
    const labels = truth[j]!;
    const positives = labels.reduce((n, value) => n + (value > 0 ? 1 : 0), 0);
    if (positives === 0) return shared;
    return (positives * bestThreshold(own, labels) + SHRINKAGE * shared) / (positives + SHRINKAGE);
  });
}

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
