import { inOrder, type Neighbour } from './vector-index.js';

/** A ranked list and how much its voice counts. */
export interface Ballot {
  ids: readonly string[];
  weight: number;
}

/** Damps the lead of first places; 60 is what the method's authors found (Cormack, Clarke & Büttcher 2009). */
const DAMPING = 60;

/**
 * Reciprocal rank fusion: Σ weight / (60 + rank), as a share of what first place in every list would give.
 * Ranks compare where scores do not: cosines and text ranks have different scales.
 */
export function fuseRanks(ballots: readonly Ballot[]): Neighbour[] {
  const best = ballots.reduce((sum, { weight }) => sum + weight / (DAMPING + 1), 0);
  const scores = new Map<string, number>();
  for (const { ids, weight } of ballots) {
    for (const [i, id] of ids.entries()) {
      scores.set(id, (scores.get(id) ?? 0) + weight / (DAMPING + i + 1) / best);
    }
  }
  return [...scores].map(([id, score]) => ({ id, score: Math.round(score * 1e6) / 1e6 })).sort(inOrder);
}
