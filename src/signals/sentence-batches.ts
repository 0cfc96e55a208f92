/** Tokens of one batch at most, padding counted: bounds the memory of a run (768 × 4 × 4,096 B ≈ 13 MB a layer). */
const BATCH_TOKENS = 4_096;
/** Of a batch's tokens at most this share is padding: beyond it, two runs cost less than one. */
const PADDING_SHARE = 0.15;

/**
 * Groups texts of similar length, so that little padding is computed.
 * @param lengths tokens of each text
 * @returns indices into `lengths`; every text is in exactly one group
 */
export function batchByLength(lengths: readonly number[]): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  let tokens = 0;
  for (const text of order) {
    const longest = lengths[batch[0] ?? text]!;
    const padded = longest * (batch.length + 1);
    const padding = 1 - (tokens + lengths[text]!) / padded;
    if (batch.length > 0 && (padded > BATCH_TOKENS || padding > PADDING_SHARE)) {
      batches.push(batch);
      batch = [];
      tokens = 0;
    }
    batch.push(text);
    tokens += lengths[text]!;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Lines `from` up to but without `to`. */
export interface LineRange {
  from: number;
  to: number;
}

/**
 * Cuts a transcript that is longer than the encoder's window into ranges of whole lines; each begins with the
 * lines that fill the last `overlapTokens` of the one before, so that no sentence loses its context.
 * A line longer than the window stands alone.
 * @param lengths tokens of each line
 */
export function chunkLines(
  lengths: readonly number[],
  windowTokens: number,
  overlapTokens: number,
): LineRange[] {
  const chunks: LineRange[] = [];
  let from = 0;
  while (from < lengths.length) {
    let to = from + 1;
    let tokens = lengths[from]!;
    while (to < lengths.length && tokens + lengths[to]! <= windowTokens) tokens += lengths[to++]!;
    chunks.push({ from, to });
    if (to === lengths.length) break;
    let next = to;
    let shared = 0;
    while (
      next - 1 > from &&
      shared + lengths[next - 1]! <= overlapTokens &&
      shared + lengths[next - 1]! + lengths[to]! <= windowTokens
    ) {
      shared += lengths[--next]!;
    }
    from = next;
  }
  return chunks;
}
