import { type Aspects, type Blend, DENSE_ASPECTS, noAspects, similarity, unit } from './aspect.js';
import { sparseMean } from './sparse-vector.js';

/** Titles that belong together in a profile, and their middle. */
export interface Taste {
  /** Ids of the liked titles. */
  members: string[];
  centre: Aspects;
}

/** Tastes that a profile is held apart into at most. */
const MOST_TASTES = 5;
/** Groups of liked titles whose mean likeness is below this are different tastes (docs/discovery.md, "Tastes"). */
const SAME_TASTE = 0.4;

/**
 * Liked titles as tastes: average-linkage clustering, the likest pair of groups first, until no two groups are
 * alike enough and there are few enough of them. The largest taste comes first.
 */
export function findTastes(liked: readonly { id: string; aspects: Aspects }[], blend: Blend): Taste[] {
  const groups = liked.map((title) => [title]);
  const likeness = new Map<string, number>();
  const key = (a: string, b: string) => (a < b ? `${a} ${b}` : `${b} ${a}`);
  liked.forEach((a, i) => {
    for (const b of liked.slice(i + 1))
      likeness.set(key(a.id, b.id), similarity(a.aspects, b.aspects, blend) ?? 0);
  });
  const between = (p: (typeof groups)[number], q: (typeof groups)[number]) => {
    let sum = 0;
    for (const a of p) for (const b of q) sum += likeness.get(key(a.id, b.id)) ?? 1;
    return sum / (p.length * q.length);
  };
  while (groups.length > 1) {
    let best = { i: 0, j: 1, value: Number.NEGATIVE_INFINITY };
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        const value = between(groups[i]!, groups[j]!);
        if (value > best.value) best = { i, j, value };
      }
    }
    if (best.value < SAME_TASTE && groups.length <= MOST_TASTES) break;
    groups[best.i]!.push(...groups.splice(best.j, 1)[0]!);
  }
  return groups
    .sort((a, b) => b.length - a.length)
    .map((group) => ({ members: group.map(({ id }) => id), centre: centreOf(group.map((t) => t.aspects)) }));
}

/** Aspect by aspect the direction of the mean of those that have it. */
export function centreOf(titles: readonly Aspects[]): Aspects {
  const centre = noAspects();
  for (const aspect of DENSE_ASPECTS) {
    const sum = new Float32Array(titles.find((title) => title[aspect])?.[aspect]?.length ?? 0);
    for (const title of titles) {
      title[aspect]?.forEach((value, i) => {
        sum[i]! += value;
      });
    }
    centre[aspect] = unit(sum);
  }
  centre.WORDS = sparseMean(titles.flatMap(({ WORDS }) => WORDS ?? []));
  return centre;
}
