import { type Branch, grown, type Hypothesis, type TokenSearch } from './hypothesis.js';
import { logSumOfExponentials } from './logit-rules.js';

/** Beam search: the `beams` likeliest unfinished answers go on, until as many have ended. */
export function beamSearch(beams: number, endOfText: number): TokenSearch {
  const finished: Hypothesis[] = [];
  return {
    advance(live, logits) {
      const { going, ended } = ranked(live, logits, beams, endOfText);
      for (const hypothesis of ended) if (finished.length < beams) finished.push(hypothesis);
      return finished.length >= beams ? [] : going;
    },
    candidates(live) {
      const likeliestFirst = [...live].sort((a, b) => b.sum - a.sum);
      return [...finished, ...likeliestFirst.slice(0, beams - finished.length)];
    },
  };
}

/** The best `beams` that go on, and those that ended and were likelier than the last of them. */
function ranked(
  live: readonly Hypothesis[],
  logits: readonly Float32Array[],
  beams: number,
  endOfText: number,
): { going: Branch[]; ended: Hypothesis[] } {
  const next = live.flatMap((hypothesis, source) =>
    likeliest(logits[source]!, beams + 1).map(({ token, logProbability }) => ({
      hypothesis: grown(hypothesis, token, logProbability, endOfText),
      source,
    })),
  );
  next.sort((a, b) => b.hypothesis.sum - a.hypothesis.sum);
  const going: Branch[] = [];
  const ended: Hypothesis[] = [];
  for (const branch of next) {
    if (branch.hypothesis.ended) ended.push(branch.hypothesis);
    else if (going.push(branch) === beams) break;
  }
  return { going, ended };
}

/** The `count` likeliest of the tokens that are not forbidden, likeliest first. */
function likeliest(logits: Float32Array, count: number): { token: number; logProbability: number }[] {
  const best: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if (logit === Number.NEGATIVE_INFINITY) continue;
    if (best.length === count && logit <= logits[best[count - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && logits[best[place - 1]!]! < logit) place--;
    best.splice(place, 0, token);
    if (best.length > count) best.pop();
  }
  const total = logSumOfExponentials(logits);
  return best.map((token) => ({ token, logProbability: logits[token]! - total }));
}
