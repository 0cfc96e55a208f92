import { filterCondition, type TitleFilter } from '../catalog/title-filter.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Neighbour } from './vector-index.js';

/** Statements with numbered parameters: a pool, a client, or an embedded database. */
export interface Statements {
  query<Row>(text: string, values: unknown[]): Promise<{ rows: Row[] }>;
}

/** What only the database can tell of titles. */
export interface Restriction {
  filter: TitleFilter;
  /** A title's texts must have each of these words side by side. */
  phrases?: readonly string[];
  /** A title's texts must not have these words, nor several of one entry side by side. */
  withoutWords?: readonly string[];
}

export const UNRESTRICTED: Restriction = { filter: {} };

export function isRestricted({ filter, phrases = [], withoutWords = [] }: Restriction): boolean {
  return Object.keys(filter).length > 0 || phrases.length > 0 || withoutWords.length > 0;
}

/** The restriction as a condition on the tables `"Title" t` and `"TitleProfile" f`. */
export function restrictionCondition({ filter, phrases = [], withoutWords = [] }: Restriction): Prisma.Sql {
  const have = (words: string) => Prisma.sql`f."words" @@ phraseto_tsquery('marquee', ${words})`;
  return Prisma.join(
    [
      filterCondition(filter),
      // A phrase of nothing but stop words asks for nothing.
      ...phrases.map(
        (words) => Prisma.sql`(${have(words)} OR numnode(phraseto_tsquery('marquee', ${words})) = 0)`,
      ),
      ...withoutWords.map((words) => Prisma.sql`NOT ${have(words)}`),
    ],
    ' AND ',
  );
}

/** With a restriction, this many times what is wanted is looked at first, and more until enough pass. */
const FIRST_LOOK = 10;
const NEXT_LOOK = 8;

/**
 * The first `limit` of a list that pass. The list is read on until enough do or it ends, so a restriction never costs
 * recall.
 *
 * @param list the next so many of the list behind a place
 */
export async function firstPassing(
  database: Statements,
  restriction: Restriction,
  limit: number,
  start: Neighbour | null,
  list: (count: number, after: Neighbour | null) => Neighbour[],
): Promise<Neighbour[]> {
  if (!isRestricted(restriction)) return list(limit, start);
  const found: Neighbour[] = [];
  let after = start;
  for (let look = FIRST_LOOK * limit; ; look *= NEXT_LOOK) {
    const near = list(look, after);
    const passing = await passingIds(database, near, restriction);
    found.push(...near.filter(({ id }) => passing.has(id)));
    if (near.length < look || found.length >= limit) return found.slice(0, limit);
    after = near.at(-1)!;
  }
}

async function passingIds(
  database: Statements,
  near: readonly Neighbour[],
  restriction: Restriction,
): Promise<Set<string>> {
  const ids = near.map(({ id }) => id);
  const { text, values } = Prisma.sql`
    SELECT t."id" FROM "Title" t JOIN "TitleProfile" f ON f."titleId" = t."id"
    WHERE t."id" = ANY(${ids}::text[]) AND ${restrictionCondition(restriction)}`;
  const { rows } = await database.query<{ id: string }>(text, values);
  return new Set(rows.map(({ id }) => id));
}
