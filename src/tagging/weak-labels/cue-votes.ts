import type { Signal, SignalEmbedding } from '../../signals/signal.js';
import { type Cues, cueLogits } from '../cues.js';

/** Cues of less than this many logits are noise: a feature one deviation off its mean moves a label by about as much. */
const LEAST_LOGIT = 0.25;

/**
 * What the cues of one signal say of each label: yes above `LEAST_LOGIT`, no below its negative.
 * @param vectors the signal's vector of each title, as an analysis stores it; undefined: not there to be read
 * @returns rows × labels
 */
export function cueVotes(
  vectors: readonly (Float32Array | undefined)[],
  signal: Exclude<Signal, 'TEXT'>,
  labels: readonly string[],
  cues: Cues,
): Int8Array {
  const votes = new Int8Array(vectors.length * labels.length);
  vectors.forEach((vector, i) => {
    if (!vector) return;
    cueLogits([asOneMoment(vector, signal)], labels, cues).forEach(({ logit }, j) => {
      if (Math.abs(logit) >= LEAST_LOGIT) votes[i * labels.length + j] = Math.sign(logit);
    });
  });
  return votes;
}

/** A trailer's vector begins with the mean of its moments', and cues are linear in them. */
function asOneMoment(vector: Float32Array, signal: Signal): SignalEmbedding {
  const moment = { startSeconds: 0, endSeconds: 1, vector, line: null, shotIndex: null };
  return { signal, model: '', vector, moments: [moment], measures: {}, missingReason: null };
}
