import { type LabelGroupKind, Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { decodeCursor, encodeCursor, type Page, type PageRequest, pageOf } from './page.js';

/** A tag that nobody has judged. */
export interface QueuedTag {
  predictionId: string;
  labelId: string;
  /** How far its probability lies from its threshold, in log-odds. */
  margin: number;
}

const ORDER = 'MARGIN';
/** Tags of a smaller margin are in an index of that order. */
const UNDECIDED = Prisma.sql`AND g."margin" < 0.1`;

/**
 * Tags of newest predictions without a standing review, those first that the classifier is least sure of: there a
 * verdict teaches it most (uncertainty sampling, Lewis & Gale 1994).
 */
export async function reviewQueue(
  prisma: PrismaClient,
  group: LabelGroupKind | null,
  request: PageRequest,
): Promise<Page<QueuedTag>> {
  const undecided = await first(prisma, request, Prisma.sql`${queued(group)} ${UNDECIDED}`);
  const isEnough = undecided.length > request.first;
  const rows = isEnough ? undecided : await first(prisma, request, queued(group));
  return pageOf(rows, request, ({ predictionId, labelId, margin }) =>
    encodeCursor(ORDER, { value: margin, id: `${predictionId} ${labelId}` }),
  );
}

function first(prisma: PrismaClient, request: PageRequest, from: Prisma.Sql): Promise<QueuedTag[]> {
  return prisma.$queryRaw<QueuedTag[]>`
    SELECT g."predictionId", g."labelId", g."margin" ${from} ${behind(request)}
    ORDER BY g."margin", g."predictionId", g."labelId" LIMIT ${request.first + 1}`;
}

export async function countQueued(prisma: PrismaClient, group: LabelGroupKind | null): Promise<number> {
  const [row] = await prisma.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS "count" ${queued(group)}`;
  return row?.count ?? 0;
}

function queued(group: LabelGroupKind | null): Prisma.Sql {
  const ofGroup =
    group === null
      ? Prisma.empty
      : Prisma.sql`AND g."labelId" IN (SELECT "id" FROM "Label" WHERE "group" = ${group}::"LabelGroupKind")`;
  return Prisma.sql`
    FROM "Tag" g JOIN "Prediction" p ON p."id" = g."predictionId"
    WHERE NOT EXISTS (
        SELECT FROM "Prediction" newer WHERE newer."trailerId" = p."trailerId"
          AND (newer."createdAt", newer."id") > (p."createdAt", p."id"))
      AND NOT EXISTS (
        SELECT FROM "Review" v WHERE v."predictionId" = g."predictionId"
          AND v."labelId" = g."labelId" AND v."undoneAt" IS NULL)
      ${ofGroup}`;
}

function behind({ after }: PageRequest): Prisma.Sql {
  if (after === null) return Prisma.empty;
  const { value, id } = decodeCursor(ORDER, after);
  const [predictionId = '', labelId = ''] = id.split(' ');
  return Prisma.sql`
    AND (g."margin", g."predictionId", g."labelId") > (${Number(value)}::float8, ${predictionId}, ${labelId})`;
}
