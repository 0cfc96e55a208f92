import DataLoader from 'dataloader';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { groupBy } from './group.js';
import { decodeCursor, encodeCursor, type Page, type PageRequest, pageOf } from './page.js';

/** A table whose rows belong to a parent; their ids sort by the time of their making. */
export interface ChildTable {
  table: 'Trailer' | 'Analysis';
  parent: 'titleId' | 'trailerId';
}

/** Pages of the children of many parents, newest first. */
export interface ChildPages<Row> {
  load(parentId: string, request: PageRequest): Promise<Page<Row>>;
}

const ORDER = 'NEWEST';

/** One statement for the ids of all parents that ask for the same stretch, one for the rows. */
export function childPages<Row extends { id: string }>(
  prisma: PrismaClient,
  table: ChildTable,
  rows: DataLoader<string, Row | null>,
): ChildPages<Row> {
  const ids = new DataLoader<{ parentId: string; request: PageRequest }, string[], string>(
    async (asked) => {
      const stretches = [...groupBy(asked, ({ request }) => JSON.stringify(request)).values()];
      const found = await Promise.all(
        stretches.map((same) => {
          const request = same[0]?.request ?? { first: 0, after: null };
          return idsOf(
            prisma,
            table,
            same.map((one) => one.parentId),
            request,
          );
        }),
      );
      const answers = new Map<object, string[]>();
      for (const [index, same] of stretches.entries()) {
        for (const one of same) answers.set(one, found[index]?.get(one.parentId) ?? []);
      }
      return asked.map((one) => answers.get(one) ?? []);
    },
    { cacheKeyFn: ({ parentId, request }) => JSON.stringify([parentId, request]) },
  );
  return {
    async load(parentId, request) {
      const found = await rows.loadMany(await ids.load({ parentId, request }));
      const present = found.filter((row): row is Row => row !== null && !(row instanceof Error));
      return pageOf(present, request, (row) => newestCursor(row.id));
    },
  };
}

export function childCounts(prisma: PrismaClient, { table, parent }: ChildTable): DataLoader<string, number> {
  return new DataLoader(async (parents) => {
    const rows = await prisma.$queryRaw<{ parent: string; count: number }[]>`
      SELECT ${column(parent)} AS "parent", count(*)::int AS "count"
      FROM ${column(table)} WHERE ${column(parent)} = ANY(${[...parents]}::text[]) GROUP BY 1`;
    const counts = new Map(rows.map((row) => [row.parent, row.count]));
    return parents.map((id) => counts.get(id) ?? 0);
  });
}

/** A cursor in a list that is ordered by id, newest first. */
export function newestCursor(id: string): string {
  return encodeCursor(ORDER, { value: null, id });
}

/** The id behind which the page begins, or null for the first page. @throws Failure BAD_INPUT */
export function newestBehind(request: PageRequest): string | null {
  return request.after === null ? null : decodeCursor(ORDER, request.after).id;
}

async function idsOf(
  prisma: PrismaClient,
  { table, parent }: ChildTable,
  parents: string[],
  request: PageRequest,
): Promise<Map<string, string[]>> {
  const behind = newestBehind(request);
  const condition = behind === null ? Prisma.empty : Prisma.sql`AND c."id" < ${behind}`;
  const rows = await prisma.$queryRaw<{ parent: string; id: string }[]>`
    SELECT parent."id" AS "parent", child."id"
    FROM unnest(${parents}::text[]) AS parent("id")
    CROSS JOIN LATERAL (
      SELECT c."id" FROM ${column(table)} c
      WHERE c.${column(parent)} = parent."id" ${condition}
      ORDER BY c."id" DESC
      LIMIT ${request.first + 1}
    ) child`;
  const groups = groupBy(rows, (row) => row.parent);
  return new Map([...groups].map(([id, children]) => [id, children.map((child) => child.id)]));
}

function column(name: ChildTable['table' | 'parent']): Prisma.Sql {
  return Prisma.raw(`"${name}"`);
}
