import { EMPTY, grown, type Hypothesis, type TokenSearch } from './hypothesis.js';
import { logSumOfExponentials } from './logit-rules.js';
import type { Random } from './random.js';

/**
 * Independent answers, each taking the likeliest token (temperature 0) or a random one with probability
 * ∝ exp(logit / temperature). Log-probabilities are those of temperature 1, whatever was sampled by.
 *
 * @param answers how many; one is enough at temperature 0
 */
export function sampling(
  temperature: number,
  answers: number,
  random: Random,
  endOfText: number,
): TokenSearch {
  const finished: Hypothesis[] = [];
  const advance: TokenSearch['advance'] = (live, logits) => {
    const first = live.length === 1 && live[0] === EMPTY;
    const branches = [];
    for (let row = 0; row < (first ? answers : live.length); row++) {
      const source = first ? 0 : row;
      const values = logits[source]!;
      const token = temperature === 0 ? likeliest(values) : drawn(values, temperature, random());
      const logProbability = values[token]! - logSumOfExponentials(values);
      const hypothesis = grown(live[source]!, token, logProbability, endOfText);
      if (hypothesis.ended) finished.push(hypothesis);
      else branches.push({ hypothesis, source });
    }
    return branches;
  };
  return { advance, candidates: (live) => [...finished, ...live] };
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token;
  return best;
}

/** The token at which the running sum of probabilities passes `share` of the whole. */
function drawn(logits: Float32Array, temperature: number, share: number): number {
  const top = logits[likeliest(logits)]!;
  let total = 0;
  for (const logit of logits) total += Math.exp((logit - top) / temperature);
  let rest = share * total;
  let last = 0;
  for (let token = 0; token < logits.length; token++) {
    const weight = Math.exp((logits[token]! - top) / temperature);
    if (weight === 0) continue;
    last = token;
    rest -= weight;
    if (rest < 0) break;
  }
  return last;
}
