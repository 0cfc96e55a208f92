import { Failure } from '../failure.js';
import { Prisma } from '../generated/prisma/client.js';
import type { ExternalIdInput } from './title-input.js';

/** Writers wait for each other at the lock below, behind an import of 1,000 titles for about a second. */
export const WRITE_PATIENCE = { maxWait: 10_000, timeout: 30_000 }; // milliseconds

/**
 * Lets one transaction at a time give out external ids, so that looking one up and taking it cannot be
 * interleaved with another writer.
 */
export async function lockExternalIds(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('marquee: external ids'))`;
}

/** The titles that hold these external ids now, by `externalIdKey`. */
export async function holdersOf(
  tx: Prisma.TransactionClient,
  ids: ExternalIdInput[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ source: string; value: string; titleId: string }[]>`
    SELECT e."source", e."value", e."titleId"
    FROM "ExternalId" e
    JOIN unnest(${ids.map((id) => id.source)}::text[], ${ids.map((id) => id.value)}::text[]) AS asked("source", "value")
      USING ("source", "value")`;
  return new Map(rows.map((row) => [externalIdKey(row), row.titleId]));
}

export function externalIdKey(id: ExternalIdInput): string {
  return JSON.stringify([id.source, id.value]);
}

/** @throws AggregateError of Failures CONFLICT, one for each id that another title holds or that comes twice */
export async function refuseTaken(
  tx: Prisma.TransactionClient,
  ids: ExternalIdInput[],
  titleId: string,
): Promise<void> {
  const holders = await holdersOf(tx, ids);
  const seen = new Set<string>();
  const conflicts: Failure[] = [];
  for (const [index, id] of ids.entries()) {
    const key = externalIdKey(id);
    const holder = holders.get(key);
    const path = ['externalIds', String(index)];
    if (holder !== undefined && holder !== titleId) {
      conflicts.push(
        new Failure(
          'CONFLICT',
          `${id.source} ${id.value} belongs to title ${holder}; update that one instead.`,
          {
            path,
          },
        ),
      );
    } else if (seen.has(key)) {
      conflicts.push(
        new Failure('CONFLICT', `${id.source} ${id.value} is given twice; give it once.`, { path }),
      );
    }
    seen.add(key);
  }
  if (conflicts.length > 0) throw new AggregateError(conflicts);
}
