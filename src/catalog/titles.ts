import { Failure } from '../failure.js';
import { Prisma, type PrismaClient, type Title } from '../generated/prisma/client.js';
import { lockExternalIds, refuseTaken, WRITE_PATIENCE } from './external-ids.js';
import { newId } from './id.js';
import { checked } from './input.js';
import { type Page, type PageRequest, pageOf } from './page.js';
import { filterCondition, type TitleFilter } from './title-filter.js';
import { type NewTitle, newTitle, type TitleChanges, titleChanges } from './title-input.js';
import { behindCursor, orderClause, type TitleOrder, titleCursor } from './title-order.js';

/** @throws Failure BAD_INPUT for a cursor of another order */
export async function listTitles(
  prisma: PrismaClient,
  filter: TitleFilter,
  order: TitleOrder,
  request: PageRequest,
): Promise<Page<Title>> {
  const behind = request.after === null ? Prisma.sql`TRUE` : behindCursor(order, request.after);
  const rows = await prisma.$queryRaw<Title[]>`
    SELECT t.* FROM "Title" t
    WHERE ${filterCondition(filter)} AND ${behind}
    ORDER BY ${orderClause(order)}
    LIMIT ${request.first + 1}`;
  return pageOf(rows, request, (title) => titleCursor(order, title));
}

export async function countTitles(prisma: PrismaClient, filter: TitleFilter): Promise<number> {
  const [row] = await prisma.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS "count" FROM "Title" t WHERE ${filterCondition(filter)}`;
  return row?.count ?? 0;
}

export async function titleMatches(prisma: PrismaClient, id: string, filter: TitleFilter): Promise<boolean> {
  const rows = await prisma.$queryRaw<unknown[]>`
    SELECT t."id" FROM "Title" t WHERE t."id" = ${id} AND ${filterCondition(filter)}`;
  return rows.length > 0;
}

/** @throws AggregateError of Failures BAD_INPUT or CONFLICT */
export async function createTitle(prisma: PrismaClient, input: NewTitle): Promise<Title> {
  const { externalIds, genres, ...fields } = checked(newTitle, input);
  const id = newId('title');
  return prisma.$transaction(async (tx) => {
    if (externalIds?.length) await lockExternalIds(tx);
    await refuseTaken(tx, externalIds ?? [], id);
    return tx.title.create({
      data: { id, ...fields, genres: genres ?? [], externalIds: { create: externalIds ?? [] } },
    });
  }, WRITE_PATIENCE);
}

/** What is left out stays; null empties. @throws Failure NOT_FOUND; AggregateError of Failures BAD_INPUT or CONFLICT */
export async function updateTitle(prisma: PrismaClient, id: string, changes: TitleChanges): Promise<Title> {
  const { externalIds, genres, name, ...fields } = checked(titleChanges, changes);
  return prisma.$transaction(async (tx) => {
    if (externalIds !== undefined) await lockExternalIds(tx);
    const [known] = await tx.$queryRaw<unknown[]>`SELECT "id" FROM "Title" WHERE "id" = ${id} FOR UPDATE`;
    if (!known) throw noTitle(id);
    await refuseTaken(tx, externalIds ?? [], id);
    return tx.title.update({
      where: { id },
      data: {
        ...fields,
        ...(name == null ? {} : { name }),
        ...(genres === undefined ? {} : { genres: genres ?? [] }),
        ...(externalIds === undefined ? {} : { externalIds: { deleteMany: {}, create: externalIds ?? [] } }),
      },
    });
  }, WRITE_PATIENCE);
}

/** Deletes the title with everything that hangs on it. @throws Failure NOT_FOUND */
export async function deleteTitle(prisma: PrismaClient, id: string): Promise<void> {
  const { count } = await prisma.title.deleteMany({ where: { id } });
  if (count === 0) throw noTitle(id);
}

/** Ids of the title's analyses that wait or run. */
export async function openAnalyses(prisma: PrismaClient, titleId: string): Promise<string[]> {
  const rows = await prisma.analysis.findMany({
    where: { trailer: { titleId }, state: { in: ['QUEUED', 'RUNNING'] } },
    select: { id: true },
  });
  return rows.map((row) => row.id);
}

function noTitle(id: string): Failure {
  return new Failure('NOT_FOUND', `There is no title ${id}; look its id up with \`titles\`.`, {
    path: ['id'],
  });
}
