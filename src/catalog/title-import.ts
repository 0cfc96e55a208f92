import { Failure } from '../failure.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { externalIdKey, holdersOf, lockExternalIds, WRITE_PATIENCE } from './external-ids.js';
import { newId } from './id.js';
import { checked, failuresIn } from './input.js';
import {
  type CheckedImport,
  type ExternalIdInput,
  type ImportedTitle,
  importedTitle,
} from './title-input.js';

export const LARGEST_IMPORT = 1000; // rows a call

export interface ImportResult {
  /** One entry for each row that was stored, in the order of the rows. */
  imported: { row: number; titleId: string; created: boolean }[];
  /** Rows that were left out, each with the reason; `path` begins with `titles` and the row's number. */
  failures: Failure[];
}

interface Row {
  row: number;
  input: CheckedImport;
}

/**
 * Creates the titles that no external id of the catalog names yet and updates the others; a field that a row
 * leaves out stays as it is. A row that is not usable is left out and reported, and the rest is stored.
 * @param seen the external ids of earlier calls that belong to the same import, to which those of this one are added: an
 *   id that comes twice names two rows, of which only the first is meant
 * @throws Failure TOO_LARGE above 1,000 rows
 */
export async function importTitles(
  prisma: PrismaClient,
  titles: ImportedTitle[],
  seen = new Set<string>(),
): Promise<ImportResult> {
  if (titles.length > LARGEST_IMPORT) {
    throw new Failure('TOO_LARGE', `Import at most ${LARGEST_IMPORT} titles a call, not ${titles.length}.`, {
      path: ['titles'],
    });
  }
  const { rows, failures } = usableRows(titles, seen);
  const imported = await prisma.$transaction((tx) => store(tx, rows), WRITE_PATIENCE);
  return { imported, failures };
}

function usableRows(titles: ImportedTitle[], seen: Set<string>): { rows: Row[]; failures: Failure[] } {
  const rows: Row[] = [];
  const failures: Failure[] = [];
  for (const [row, title] of titles.entries()) {
    try {
      const input = checked(importedTitle, title, ['titles', String(row)]);
      const key = externalIdKey(input.externalId);
      if (seen.has(key)) throw comesTwice(row, input.externalId);
      seen.add(key);
      rows.push({ row, input });
    } catch (error) {
      const expected = failuresIn(error);
      if (!expected) throw error;
      failures.push(...expected);
    }
  }
  return { rows, failures };
}

function comesTwice(row: number, { source, value }: ExternalIdInput): Failure {
  return new Failure(
    'CONFLICT',
    `An earlier row has the external id ${source} ${value}, too: keep one of the two.`,
    {
      path: ['titles', String(row), 'externalId'],
    },
  );
}

async function store(tx: Prisma.TransactionClient, rows: Row[]): Promise<ImportResult['imported']> {
  await lockExternalIds(tx);
  const holders = await holdersOf(
    tx,
    rows.map((row) => row.input.externalId),
  );
  const placed = rows.map(({ row, input }) => {
    const holder = holders.get(externalIdKey(input.externalId));
    return { row, input, titleId: holder ?? newId('title'), created: holder === undefined };
  });
  await create(
    tx,
    placed.filter((title) => title.created),
  );
  await update(
    tx,
    placed.filter((title) => !title.created),
  );
  return placed.map(({ row, titleId, created }) => ({ row, titleId, created }));
}

type Placed = { titleId: string; input: CheckedImport };

async function create(tx: Prisma.TransactionClient, titles: Placed[]): Promise<void> {
  await tx.title.createMany({
    data: titles.map(({ titleId, input }) => ({
      id: titleId,
      name: input.name,
      releaseYear: input.releaseYear ?? null,
      synopsis: input.synopsis ?? null,
      genres: input.genres ?? [],
    })),
  });
  await tx.externalId.createMany({
    data: titles.map(({ titleId, input }) => ({ ...input.externalId, titleId })),
  });
}

async function update(tx: Prisma.TransactionClient, titles: Placed[]): Promise<void> {
  if (titles.length === 0) return;
  const rows = titles.map(({ titleId, input }) => ({
    id: titleId,
    name: input.name,
    releaseYear: input.releaseYear ?? null,
    synopsis: input.synopsis ?? null,
    genres: input.genres ?? null,
  }));
  await tx.$executeRaw`
    UPDATE "Title" t
    SET "name" = r."name",
        "releaseYear" = COALESCE(r."releaseYear", t."releaseYear"),
        "synopsis" = COALESCE(r."synopsis", t."synopsis"),
        "genres" = COALESCE(r."genres", t."genres"),
        "updatedAt" = now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r("id" text, "name" text, "releaseYear" int, "synopsis" text, "genres" text[])
    WHERE t."id" = r."id"`;
}
