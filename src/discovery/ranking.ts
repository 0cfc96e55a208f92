import { type Blend, DEFAULT_BLEND, similarity } from './aspect.js';
import type { CatalogIndex } from './catalog-index.js';
import { type Candidate, choose } from './diversity.js';
import { explain, type Reason } from './reasons.js';
import { findTastes, type Taste } from './taste.js';

export interface RankRequest {
  liked: readonly string[];
  disliked: readonly string[];
  /** Only these; null: all titles. */
  candidates: readonly string[] | null;
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

/** Titles for a taste. Without liked titles: the newest first, for no reason but that. */
export function rankForTaste(index: CatalogIndex, request: RankRequest): RankedTitle[] {
  const known = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const aspects = index.aspectsOf(id);
      return aspects ? [{ id, aspects }] : [];
    });
  const tastes = findTastes(known(request.liked), DEFAULT_BLEND);
  if (tastes.length === 0) return newest(index, request);
  const disliked = known(request.disliked).map(({ aspects }) => aspects);
  const seen = new Set([...request.liked, ...request.disliked]);
  const pool = poolOf(index, request, tastes, seen).map(({ id, group }): Candidate => {
    const own = index.vectors.aspectsOf(id)!;
    const like = similarity(own, tastes[group]!.centre, DEFAULT_BLEND) ?? 0;
    const dislike = Math.max(0, ...disliked.map((other) => similarity(own, other, DEFAULT_BLEND) ?? 0));
    return { id, group, score: like - DISLIKE * Math.max(0, dislike - DISLIKE_FROM * like) };
  });
  const all = tastes.reduce((sum, { members }) => sum + members.length, 0);
  const chosen = choose(pool, {
    count: request.first,
    diversity: request.diversity,
    shares: tastes.map(({ members }) => members.length / all),
    likeness: (a, b) => index.likeness(a, b, DEFAULT_BLEND),
  });
  return chosen.map(({ id, value, group }) => withReasons(index, id, value, tastes[group]!, DEFAULT_BLEND));
}

/** Each candidate with the taste that it is nearest to. */
function poolOf(
  index: CatalogIndex,
  { candidates }: RankRequest,
  tastes: readonly Taste[],
  seen: ReadonlySet<string>,
): { id: string; group: number }[] {
  const best = new Map<string, { id: string; group: number; score: number }>();
  const offer = (id: string, group: number, score: number) => {
    if (!seen.has(id) && score > (best.get(id)?.score ?? Number.NEGATIVE_INFINITY))
      best.set(id, { id, group, score });
  };
  tastes.forEach(({ centre }, group) => {
    if (!candidates) {
      const near = index.vectors.nearest({ query: centre, blend: DEFAULT_BLEND, limit: POOL, without: seen });
      for (const { id, score } of near) offer(id, group, score);
      return;
    }
    for (const id of candidates) {
      const own = index.vectors.aspectsOf(id);
      const score = own && similarity(own, centre, DEFAULT_BLEND);
      if (score !== null) offer(id, group, score);
    }
  });
  return [...best.values()]
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, POOL * tastes.length);
}

function newest(index: CatalogIndex, { candidates, disliked, first }: RankRequest): RankedTitle[] {
  const unwanted = new Set(disliked);
  const titles = candidates ? candidates.flatMap((id) => index.title(id) ?? []) : [...index.titles()];
  return titles
    .filter(({ id }) => !unwanted.has(id))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
    .slice(0, first)
    .map(({ id }) => ({ id, score: 0, because: null, reasons: [] }));
}

/** Reasons name a title that the profile knows, not a middle that nobody has seen. */
function withReasons(
  index: CatalogIndex,
  id: string,
  score: number,
  taste: Taste,
  blend: Blend,
): RankedTitle {
  const own = index.vectors.aspectsOf(id)!;
  const nearest = taste.members
    .map((member) => ({ member, score: index.likeness(id, member, blend) }))
    .sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1))[0]!.member;
  const names = index.labels.map(({ name }) => name);
  return {
    id,
    score: Math.round(score * 1e6) / 1e6,
    because: nearest,
    reasons: explain(index.vectors.aspectsOf(nearest)!, own, blend, names),
  };
}
