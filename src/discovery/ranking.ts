import { type Aspects, DEFAULT_BLEND, MATTER_BLEND, similarity } from './aspect.js';
import { type Candidate, choose } from './diversity.js';
import { explain, type Names, type Reason } from './reasons.js';
import type { Restriction } from './restriction.js';
import { findTastes, type Taste } from './taste.js';
import { EVERYTHING, type VectorEngine } from './vector-engine.js';

export interface RankRequest {
  liked: readonly string[];
  disliked: readonly string[];
  /** Which titles may be ranked. */
  restriction: Restriction;
  first: number;
  /** 0 … 1: how different the answers are from each other. */
  diversity: number;
}

export interface RankedTitle {
  id: string;
  /** Falls from answer to answer. */
  score: number;
  /** The liked title that speaks most for it; null where nothing is liked. */
  because: string | null;
  reasons: Reason[];
}

/** For each taste, the titles nearest to its middle that are weighed against each other. */
const POOL = 120;
/** What being like a disliked title takes away, where it is more than half as like as the taste is. */
const DISLIKE = 0.6;
const DISLIKE_FROM = 0.5;

/** Titles for a taste; none where nothing that is liked is known. */
export async function rankForTaste(
  engine: VectorEngine,
  request: RankRequest,
  names: Names,
): Promise<RankedTitle[]> {
  const named = await engine.aspectsOf([...request.liked, ...request.disliked]);
  const known = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const aspects = named.get(id);
      return aspects ? [{ id, aspects }] : [];
    });
  const tastes = findTastes(known(request.liked), MATTER_BLEND);
  if (tastes.length === 0) return [];
  const disliked = known(request.disliked).map(({ aspects }) => aspects);
  const pool = await poolOf(engine, request, tastes);
  const aspectsOf = await engine.aspectsOf(pool.map(({ id }) => id));
  const candidates = pool.flatMap(({ id, group }): Candidate[] => {
    const own = aspectsOf.get(id);
    if (!own) return [];
    const like = similarity(own, tastes[group]!.centre, DEFAULT_BLEND) ?? 0;
    const dislike = Math.max(0, ...disliked.map((other) => similarity(own, other, DEFAULT_BLEND) ?? 0));
    return [{ id, group, score: like - DISLIKE * Math.max(0, dislike - DISLIKE_FROM * like) }];
  });
  const all = tastes.reduce((sum, { members }) => sum + members.length, 0);
  const chosen = choose(candidates, {
    count: request.first,
    diversity: request.diversity,
    shares: tastes.map(({ members }) => members.length / all),
    likeness: (a, b) => similarity(aspectsOf.get(a)!, aspectsOf.get(b)!, DEFAULT_BLEND) ?? 0,
  });
  return chosen.map(({ id, value, group }) => {
    const own = aspectsOf.get(id)!;
    const because = nearestMember(own, tastes[group]!, named);
    const reasons = explain(named.get(because)!, own, DEFAULT_BLEND, names);
    return { id, score: Math.round(value * 1e6) / 1e6, because, reasons };
  });
}

/** Each candidate with the taste that it is nearest to. */
async function poolOf(
  engine: VectorEngine,
  { restriction, liked, disliked }: RankRequest,
  tastes: readonly Taste[],
): Promise<{ id: string; group: number }[]> {
  const best = new Map<string, { id: string; group: number; score: number }>();
  const without = new Set([...liked, ...disliked]);
  const lists = await Promise.all(
    tastes.map(({ centre }) =>
      engine.nearest({
        ...EVERYTHING,
        query: centre,
        blend: DEFAULT_BLEND,
        limit: POOL,
        without,
        restriction,
      }),
    ),
  );
  for (const [group, list] of lists.entries()) {
    for (const { id, score } of list) {
      if (score > (best.get(id)?.score ?? Number.NEGATIVE_INFINITY)) best.set(id, { id, group, score });
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** Reasons name a title that the profile knows, not a middle that nobody has seen. */
function nearestMember(own: Aspects, { members }: Taste, named: ReadonlyMap<string, Aspects>): string {
  return members
    .map((member) => ({ member, score: similarity(own, named.get(member)!, DEFAULT_BLEND) ?? 0 }))
    .sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1))[0]!.member;
}
