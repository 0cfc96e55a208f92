import type { SteeringTokens } from './tokenizer.js';

/** What may be sampled next, decided on one row of logits; forbidden tokens become −∞. */
export interface LogitRules {
  /**
   * @param logits one row, changed in place
   * @param sampled the tokens that were sampled so far, without the prompt
   */
  apply(logits: Float32Array, sampled: readonly number[]): void;
}

/**
 * Whisper's rules (`whisper/decoding.py`: SuppressBlank, SuppressTokens, ApplyTimestampRules): no blank answer, no
 * signs that are never said, and times that come in pairs, never decrease, and win when together they are likelier
 * than every word.
 *
 * @param maxInitialPosition the latest position at which the first line may begin
 */
export function logitRules(steering: SteeringTokens, maxInitialPosition: number): LogitRules {
  const never = [
    ...steering.nonSpeech,
    steering.startOfTranscript,
    steering.startOfPrevious,
    steering.startOfLanguageModel,
    steering.translate,
    steering.transcribe,
    steering.noSpeech,
    steering.noTimestamps,
  ];
  const neverFirst = [...steering.blank, steering.endOfText];
  return {
    apply(logits, sampled) {
      if (sampled.length === 0) forbid(logits, neverFirst);
      forbid(logits, never);
      pairTimes(logits, sampled, steering);
      if (sampled.length === 0) beginWithTime(logits, steering.timestampBegin, maxInitialPosition);
      preferLikelyTimes(logits, steering.timestampBegin);
    },
  };
}

function forbid(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) logits[token] = Number.NEGATIVE_INFINITY;
}

/** A line's end is followed by the next line's begin or the end of text; a begin is followed by words. */
function pairTimes(logits: Float32Array, sampled: readonly number[], steering: SteeringTokens): void {
  const { timestampBegin, endOfText } = steering;
  const isTime = (token: number | undefined) => token === undefined || token >= timestampBegin;
  const lastIsTime = sampled.length > 0 && isTime(sampled.at(-1));
  const afterPair = lastIsTime && isTime(sampled.at(-2));
  if (afterPair) logits.fill(Number.NEGATIVE_INFINITY, timestampBegin);
  else if (lastIsTime) logits.fill(Number.NEGATIVE_INFINITY, 0, endOfText);

  const latest = sampled.findLast((token) => token >= timestampBegin);
  if (latest === undefined) return;
  // A line's end may be the next one's begin; otherwise a time must move on, or the decoder could loop on it.
  const earliestAllowed = lastIsTime && !afterPair ? latest : latest + 1;
  logits.fill(Number.NEGATIVE_INFINITY, timestampBegin, earliestAllowed);
}

function beginWithTime(logits: Float32Array, timestampBegin: number, maxInitialPosition: number): void {
  logits.fill(Number.NEGATIVE_INFINITY, 0, timestampBegin);
  logits.fill(Number.NEGATIVE_INFINITY, timestampBegin + maxInitialPosition + 1);
}

function preferLikelyTimes(logits: Float32Array, timestampBegin: number): void {
  const word = largest(logits, 0, timestampBegin);
  const times = logSumOfExponentials(logits, timestampBegin, logits.length);
  if (times > word) logits.fill(Number.NEGATIVE_INFINITY, 0, timestampBegin);
}

function largest(values: Float32Array, from: number, to: number): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) if (values[i]! > found) found = values[i]!;
  return found;
}

/** ln Σ exp(values[from … to)), in float64; −∞ for an empty or wholly forbidden range. */
export function logSumOfExponentials(values: Float32Array, from = 0, to = values.length): number {
  const top = largest(values, from, to);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}
