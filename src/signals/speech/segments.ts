import type { SteeringTokens } from './tokenizer.js';
import type { WindowAnswer } from './window-decoding.js';

/** Words between two times of one answer. */
export interface Segment {
  /** Encoder positions from the window's begin. */
  start: number;
  end: number;
  /** Words and the times around them. */
  tokens: readonly number[];
  /** exp of the words' mean log-probability: 0 … 1. */
  confidence: number;
}

export interface Segmentation {
  segments: Segment[];
  /** Encoder positions up to which the window is done with; the next window begins there. */
  read: number;
}

/**
 * Cuts an answer at its pairs of times, as `whisper/transcribe.py` does. A line that the window's end cut off is
 * left to the next window, which begins where the last whole line ended.
 *
 * @param length encoder positions that the window holds
 */
export function segmentsOf(answer: WindowAnswer, length: number, steering: SteeringTokens): Segmentation {
  const { tokens } = answer;
  const isTime = (i: number) => i >= 0 && i < tokens.length && tokens[i]! >= steering.timestampBegin;
  const position = (i: number) => tokens[i]! - steering.timestampBegin;
  const confidence = (from: number, to: number) => meanProbability(answer, from, to, steering.endOfText);

  const cuts = [...tokens.keys()].filter((i) => isTime(i) && isTime(i - 1));
  const endsWithSingleTime = !isTime(tokens.length - 2) && isTime(tokens.length - 1);
  if (cuts.length === 0) {
    const lastTime = tokens.findLastIndex((token) => token >= steering.timestampBegin);
    const end = lastTime >= 0 && position(lastTime) > 0 ? position(lastTime) : length;
    const segment = { start: 0, end, tokens, confidence: confidence(0, tokens.length) };
    return { segments: [segment], read: length };
  }
  if (endsWithSingleTime) cuts.push(tokens.length);
  const segments = cuts.map((cut, i) => {
    const from = i === 0 ? 0 : cuts[i - 1]!;
    return {
      start: position(from),
      end: position(cut - 1),
      tokens: tokens.slice(from, cut),
      confidence: confidence(from, cut),
    };
  });
  return { segments, read: endsWithSingleTime ? length : segments.at(-1)!.end };
}

function meanProbability(answer: WindowAnswer, from: number, to: number, endOfText: number): number {
  let sum = 0;
  let words = 0;
  for (let i = from; i < to; i++) {
    if (answer.tokens[i]! >= endOfText) continue;
    sum += answer.logProbabilities[i]!;
    words++;
  }
  return words === 0 ? 0 : Math.exp(sum / words);
}
