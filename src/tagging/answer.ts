import type { Signal, SignalEmbedding } from '../signals/signal.js';
import { sigmoid } from './calibration.js';
import type { CueLogit } from './cues.js';
import type { Evidence, Tag } from './tag.js';
import { stateOf } from './verdict.js';

/**
 * Without words, cues must move a label's log-odds by this much, either way, to carry an answer: odds times 1.3. Less
 * would repeat how frequent the label is and call it seen.
 */
const CARRYING_CUE = 0.25;

/** Pieces of evidence that a tag names at most. */
const MOST_EVIDENCE = 5;

/** What the words say of a label. */
export interface TextAnswer {
  /** Log-odds, the prior included. */
  logit: number;
  /** What each line added. */
  parts: Evidence[];
}

/**
 * One label's tag from what was said (null: nothing that could be read) and from the cues of picture and sound. A
 * label that no signal at hand speaks to is abstained from: its probability is then about its prior.
 * @param embeddings those whose moments the cue's contributions count
 * @param seen further moments of the picture that speak for the label
 * @param explains whether what spoke for the label is wanted
 */
export function answer(
  label: { id: string; prior: number; threshold: number },
  said: TextAnswer | null,
  cue: CueLogit,
  embeddings: readonly SignalEmbedding[],
  { seen = [], explains = true }: { seen?: readonly Evidence[]; explains?: boolean } = {},
): Tag {
  const unsaid = cue.logit + seen.reduce((sum, { contribution }) => sum + contribution, 0);
  const probability = sigmoid((said?.logit ?? label.prior) + unsaid);
  const isSilent = !said && Math.abs(unsaid) < CARRYING_CUE;
  if (isSilent) return tagOf(label, probability, null);
  const parts = explains ? [...(said?.parts ?? []), ...cueParts(cue, embeddings), ...seen] : [];
  return tagOf(label, probability, parts);
}

/**
 * A label's tag with the moments that spoke most for it.
 * @param parts what each moment added to the log-odds; null: the label is abstained from
 */
export function tagOf(
  label: { id: string; threshold: number },
  probability: number,
  parts: readonly Evidence[] | null,
): Tag {
  const state = parts === null ? 'ABSTAINED' : stateOf(probability, label.threshold);
  const isTold = state === 'ACCEPTED' || state === 'SUGGESTED';
  return {
    label: label.id,
    probability,
    threshold: label.threshold,
    state,
    weight: null,
    evidence: parts && isTold ? strongest(parts) : [],
    shares: sharesOf(parts ?? []),
  };
}

function cueParts(cue: CueLogit, embeddings: readonly SignalEmbedding[]): Evidence[] {
  return cue.contributions.map(({ signal, moment, logit }) => {
    const { startSeconds, endSeconds, line, shotIndex } = embeddings.find((e) => e.signal === signal)!
      .moments[moment]!;
    return { startSeconds, endSeconds, signal, contribution: logit, line, shotIndex };
  });
}

/** The moments that spoke most for the label. */
function strongest(parts: readonly Evidence[]): Evidence[] {
  return parts
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution || a.startSeconds - b.startSeconds)
    .slice(0, MOST_EVIDENCE);
}

/** Each signal's part of all that was said for and against the label. */
function sharesOf(parts: readonly Evidence[]): Partial<Record<Signal, number>> {
  const shares: Partial<Record<Signal, number>> = {};
  for (const { signal, contribution } of parts)
    shares[signal] = (shares[signal] ?? 0) + Math.abs(contribution);
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  if (total === 0) return {};
  for (const signal of Object.keys(shares) as Signal[]) shares[signal] = shares[signal]! / total;
  return shares;
}
