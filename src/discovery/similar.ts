import type { TitleFilter } from '../catalog/title-filter.js';
import { filterCondition } from '../catalog/title-filter.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ThreadPool } from '../inference/threads.js';
import type { Blend } from './aspect.js';
import type { DiscoveryTasks, SimilarQuery } from './tasks.js';
import type { Neighbour } from './vector-index.js';

export interface SimilarOptions {
  first: number;
  after: Neighbour | null;
  minScore: number;
  filter: TitleFilter;
  blend: Blend;
}

/** With a filter, this many times what is wanted is looked at first, and as much again and again until enough pass. */
const FIRST_LOOK = 10;
const NEXT_LOOK = 8;

/**
 * The likest titles of each of many titles; titles without a profile have none. With a filter, lists are read on
 * until enough titles pass or none is left, so a filter never costs recall; each round is one statement for all.
 */
export async function similarTitles(
  parts: { prisma: PrismaClient; index: ThreadPool<DiscoveryTasks> },
  titleIds: readonly string[],
  { first, after, minScore, filter, blend }: SimilarOptions,
): Promise<Neighbour[][]> {
  const lists = titleIds.map((titleId) => ({
    titleId,
    after,
    found: [] as Neighbour[],
    isDone: false,
  }));
  const isFiltered = Object.keys(filter).length > 0;
  for (let look = isFiltered ? FIRST_LOOK * first : first; ; look *= NEXT_LOOK) {
    const open = lists.filter(({ isDone }) => !isDone);
    if (open.length === 0) break;
    const queries = open.map(
      ({ titleId, after }): SimilarQuery => ({ titleId, limit: look, after, minScore }),
    );
    const answers = await parts.index.run('similar', { queries, blend });
    const passing = isFiltered ? await passingIds(parts.prisma, answers, filter) : null;
    open.forEach((list, i) => {
      const near = answers[i] ?? [];
      list.found.push(...near.filter(({ id }) => passing?.has(id) ?? true));
      list.after = near.at(-1) ?? list.after;
      list.isDone = !isFiltered || near.length < look || list.found.length >= first;
    });
  }
  return lists.map(({ found }) => found.slice(0, first));
}

async function passingIds(
  prisma: PrismaClient,
  answers: readonly (readonly Neighbour[] | null)[],
  filter: TitleFilter,
): Promise<Set<string>> {
  const ids = [...new Set(answers.flatMap((near) => near?.map(({ id }) => id) ?? []))];
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    SELECT t."id" FROM "Title" t WHERE t."id" = ANY(${ids}::text[]) AND ${filterCondition(filter)}`;
  return new Set(rows.map(({ id }) => id));
}
