import type { PrismaClient } from '../generated/prisma/client.js';
import type { Discovery } from './discovery.js';

/** A line of an export: plain values, so that it can be JSON or CSV. */
export type ExportRow = Record<string, string | number | boolean | null>;

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Titles that one statement reads. */
const BATCH = 500;
const ROWS = 50;
const ROW_SIZE = 50;

/** One line for each accepted or suggested tag of each title's newest prediction, by title. */
export async function* exportPredictions(prisma: PrismaClient): AsyncGenerator<ExportRow> {
  for (let behind = ''; ; ) {
    const titles = await prisma.title.findMany({
      where: { id: { gt: behind } },
      orderBy: { id: 'asc' },
      take: BATCH,
      select: { id: true },
    });
    if (titles.length === 0) return;
    yield* await prisma.$queryRaw<ExportRow[]>`
      SELECT t."id" AS "titleId", t."name" AS "title", t."releaseYear", p."trailerId", p."id" AS "predictionId",
        c."fingerprint" AS "classifier",
        to_char(p."createdAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt", g."labelId" AS "label",
        g."probability", g."threshold", g."state"::text AS "state", g."weight"::text AS "weight"
      FROM unnest(${titles.map(({ id }) => id)}::text[]) AS asked("id")
      JOIN "Title" t ON t."id" = asked."id"
      JOIN LATERAL (
        SELECT p.* FROM "Prediction" p JOIN "Trailer" r ON r."id" = p."trailerId"
        WHERE r."titleId" = t."id" ORDER BY p."createdAt" DESC, p."id" DESC LIMIT 1
      ) p ON TRUE
      JOIN "Classifier" c ON c."id" = p."classifierId"
      JOIN "Tag" g ON g."predictionId" = p."id" AND g."state" IN ('ACCEPTED', 'SUGGESTED')
      ORDER BY t."id", g."probability" DESC, g."labelId"`;
    behind = titles.at(-1)!.id;
  }
}

/** One line for each title of today's rows, in their order. */
export async function* exportRows(prisma: PrismaClient, discovery: Discovery): AsyncGenerator<ExportRow> {
  const day = new Date().toISOString().slice(0, 10);
  const rows = await discovery.rows({
    ...{ first: ROWS, size: ROW_SIZE, kinds: null, liked: [], freshFirst: false, day },
  });
  for (const [place, { ruleId, name, kind, pinned, titleIds }] of rows.entries()) {
    const titles = await prisma.title.findMany({ where: { id: { in: titleIds } } });
    const titleOf = new Map(titles.map((title) => [title.id, title]));
    for (const [position, titleId] of titleIds.entries()) {
      const title = titleOf.get(titleId);
      if (!title) continue;
      const row = { day, row: place + 1, ruleId, name, kind, pinned, position: position + 1 };
      yield { ...row, titleId, title: title.name, releaseYear: title.releaseYear };
    }
  }
}

/** Lines with their ends: JSON Lines, or CSV by RFC 4180 with a line of names first. */
export async function* formatExport(
  rows: AsyncIterable<ExportRow>,
  format: ExportFormat,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const row of rows) {
    if (format === 'jsonl') yield `${JSON.stringify(row)}\n`;
    else {
      if (isFirst) yield csvLine(Object.keys(row));
      yield csvLine(Object.values(row));
    }
    isFirst = false;
  }
}

function csvLine(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

/** A text that a spreadsheet would take for a formula gets a quote in front. */
function csvField(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
