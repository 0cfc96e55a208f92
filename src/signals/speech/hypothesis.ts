/** An answer in the making. */
export interface Hypothesis {
  /** What was sampled, without the prompt and without the end of text. */
  tokens: readonly number[];
  /** Natural logarithm of each sampled token's probability; one more than tokens once the end was sampled. */
  logProbabilities: readonly number[];
  /** Sum of `logProbabilities`. */
  sum: number;
  ended: boolean;
}

export const EMPTY: Hypothesis = { tokens: [], logProbabilities: [], sum: 0, ended: false };

export function grown(
  hypothesis: Hypothesis,
  token: number,
  logProbability: number,
  endOfText: number,
): Hypothesis {
  const ended = token === endOfText;
  return {
    tokens: ended ? hypothesis.tokens : [...hypothesis.tokens, token],
    logProbabilities: [...hypothesis.logProbabilities, logProbability],
    sum: hypothesis.sum + logProbability,
    ended,
  };
}

/** One row of the decoder: which hypothesis it carries on, and the row that this one was before. */
export interface Branch {
  hypothesis: Hypothesis;
  source: number;
}

/** How the answers of one window are searched. */
export interface TokenSearch {
  /**
   * Takes the logits behind each live hypothesis, after the rules, and gives what goes on from there; empty when
   * the search is over. The first call has one row, the prompt's.
   */
  advance(live: readonly Hypothesis[], logits: readonly Float32Array[]): Branch[];
  /** What there is to choose from once the search is over or out of room. */
  candidates(live: readonly Hypothesis[]): Hypothesis[];
}

/** The likeliest answer for its length: the largest mean log-probability a token (the end of text not counted). */
export function bestOf(candidates: readonly Hypothesis[]): Hypothesis {
  const score = (hypothesis: Hypothesis) => hypothesis.sum / hypothesis.tokens.length;
  return candidates.reduce((best, other) => (score(other) > score(best) ? other : best));
}
