import { createHash } from 'node:crypto';
import type { z } from 'zod';
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

/** A title, and whether it is new: not where its key had made it before. */
export interface CreatedTitle {
  title: Title;
  created: boolean;
}

/**
 * Asked again with the same idempotencyKey it gives back the same title.
 * @throws AggregateError of Failures BAD_INPUT or CONFLICT
 */
export async function createTitle(prisma: PrismaClient, input: NewTitle): Promise<CreatedTitle> {
  const { idempotencyKey = null, ...wanted } = checked(newTitle, input);
  if (idempotencyKey === null) return { title: await insertTitle(prisma, wanted), created: true };
  const key = { idempotencyKey, requestHash: hashOf(wanted) };
  const known = await titleByKey(prisma, key);
  if (known) return { title: known, created: false };
  try {
    return { title: await insertTitle(prisma, wanted, key), created: true };
  } catch (error) {
    // Another request with the key was faster: its external ids are taken by then, or the key itself is.
    const winner = await titleByKey(prisma, key);
    if (winner) return { title: winner, created: false };
    throw error;
  }
}

interface RequestKey {
  idempotencyKey: string;
  requestHash: string;
}

function insertTitle(
  prisma: PrismaClient,
  { externalIds, genres, ...fields }: Omit<z.output<typeof newTitle>, 'idempotencyKey'>,
  key?: RequestKey,
): Promise<Title> {
  const id = newId('title');
  return prisma.$transaction(async (tx) => {
    if (externalIds?.length) await lockExternalIds(tx);
    await refuseTaken(tx, externalIds ?? [], id);
    return tx.title.create({
      data: { id, ...fields, ...key, genres: genres ?? [], externalIds: { create: externalIds ?? [] } },
    });
  }, WRITE_PATIENCE);
}

/** @throws Failure CONFLICT where the key stood for something else */
async function titleByKey(
  prisma: PrismaClient,
  { idempotencyKey, requestHash }: RequestKey,
): Promise<Title | null> {
  const known = await prisma.title.findUnique({ where: { idempotencyKey } });
  if (known && known.requestHash !== requestHash) {
    throw new Failure('CONFLICT', 'This idempotencyKey was used for another title. Use a new key.', {
      path: ['idempotencyKey'],
    });
  }
  return known;
}

const hashOf = (wanted: object) => createHash('sha256').update(JSON.stringify(wanted)).digest('hex');

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
