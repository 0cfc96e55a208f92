/** ln(1 + n) over the texts that a classifier learned from, n being words that carry matter, or paragraphs. */
export interface TextLengths {
  mean: number;
  deviation: number;
  least: number;
  most: number;
}

/** @param counts of each text; none give a range of no width at 0 */
export function textLengths(counts: readonly number[]): TextLengths {
  const lengths = counts.map((n) => Math.log(1 + n));
  const n = Math.max(1, lengths.length);
  const mean = lengths.reduce((sum, value) => sum + value, 0) / n;
  const variance = lengths.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return {
    mean,
    deviation: Math.sqrt(variance) || 1,
    least: lengths.reduce((a, b) => Math.min(a, b), mean),
    most: lengths.reduce((a, b) => Math.max(a, b), mean),
  };
}

/** A text's length in deviations from the texts learned from, held to their range. */
export function lengthUnit(count: number, { mean, deviation, least, most }: TextLengths): number {
  return (Math.min(most, Math.max(least, Math.log(1 + count))) - mean) / deviation;
}
