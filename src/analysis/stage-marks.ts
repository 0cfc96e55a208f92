import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import type { EventKind, StageName } from '../generated/prisma/enums.js';
import { CHANNELS } from './channels.js';

/** The hold that a mark is written under: with a later attempt, nothing is written. */
export interface Hold {
  id: string;
  attempt: number;
}

/** A stage's result, as it is known again. */
export interface KeptResult {
  contentHash: string;
  version: string;
  /** As JSON. */
  data: string;
}

/**
 * A stage's begin, its progress and its end are one statement each: a transaction of several costs every stage a dozen
 * ways to the server. All three change the analysis, write its next event under the lock of its row, and notify.
 *
 * @returns false when the attempt is stale: nothing was written then
 */
export function markBegun(
  prisma: PrismaClient,
  hold: Hold,
  { stage, progress }: { stage: StageName; progress: number },
): Promise<boolean> {
  return mark(prisma, hold, {
    change: Prisma.sql`"stage" = ${stage}::"StageName",`,
    ...{ kind: 'STAGE', progress },
    also: Prisma.sql`, begun AS (
      INSERT INTO "AnalysisStage" ("analysisId", "stage", "attempt", "startedAt")
      SELECT "id", "stage", "attempt", ${new Date()}::timestamptz FROM held
      ON CONFLICT ("analysisId", "stage") DO UPDATE
      SET "attempt" = excluded."attempt", "startedAt" = excluded."startedAt", "finishedAt" = NULL, "cached" = false)`,
  });
}

/** See `markBegun`. */
export function markProgress(prisma: PrismaClient, hold: Hold, progress: number): Promise<boolean> {
  return mark(prisma, hold, { change: Prisma.empty, kind: 'PROGRESS', progress, also: Prisma.empty });
}

/**
 * See `markBegun`.
 *
 * @param done with the result, where it was not known before, and what its event tells people
 */
export function markFinished(
  prisma: PrismaClient,
  hold: Hold,
  done: {
    stage: StageName;
    progress: number;
    cached: boolean;
    kept: KeptResult | null;
    message: string | null;
  },
): Promise<boolean> {
  const { stage, progress, cached, kept, message } = done;
  const now = new Date();
  const keep =
    kept &&
    Prisma.sql`, kept AS (
      INSERT INTO "StageResult" ("contentHash", "stage", "version", "data", "createdAt")
      SELECT ${kept.contentHash}, ${stage}::"StageName", ${kept.version}, ${kept.data}::jsonb, ${now}::timestamptz
      FROM held
      ON CONFLICT ("contentHash", "stage", "version") DO UPDATE
      SET "data" = excluded."data", "createdAt" = excluded."createdAt")`;
  return mark(prisma, hold, {
    change: Prisma.empty,
    ...{ kind: 'STAGE', progress, message },
    also: Prisma.sql`, finished AS (
      UPDATE "AnalysisStage" SET "finishedAt" = ${now}::timestamptz, "cached" = ${cached} FROM held
      WHERE "AnalysisStage"."analysisId" = held."id" AND "AnalysisStage"."stage" = ${stage}::"StageName")
      ${keep ?? Prisma.empty}`,
  });
}

interface Mark {
  /** Of the analysis, with a comma at its end. */
  change: Prisma.Sql;
  kind: EventKind;
  progress: number;
  /** What the event tells people. */
  message?: string | null;
  /** Further parts of the statement, each with a comma before it; `held` is the analysis. */
  also: Prisma.Sql;
}

async function mark(
  prisma: PrismaClient,
  { id, attempt }: Hold,
  { change, kind, progress, message = null, also }: Mark,
): Promise<boolean> {
  const marked = await prisma.$executeRaw`
    WITH held AS (
      UPDATE "Analysis" SET ${change} "lastEvent" = "lastEvent" + 1
      WHERE "id" = ${id} AND "attempt" = ${attempt} AND "state" = 'RUNNING'
      RETURNING "id", "attempt", "lastEvent", "state", "stage"
    ), told AS (
      INSERT INTO "AnalysisEvent" ("analysisId", "number", "kind", "state", "stage", "progress", "message")
      SELECT "id", "lastEvent", ${kind}::"EventKind", "state", "stage", ${progress}::float8, ${message}::text FROM held
    ) ${also}
    SELECT pg_notify(${CHANNELS.event}, "id") FROM held`;
  return marked > 0;
}
