import { Failure } from '../failure.js';
import { usableCores } from '../inference/machine.js';
import type { Statements } from './restriction.js';

/** Exact search in memory, or HNSW graphs in the database. */
export type EngineKind = 'memory' | 'pgvector';

export interface EngineChoice {
  kind: EngineKind;
  /** Threads that answer questions. */
  threads: number;
  /** For the log and for `marquee doctor`. */
  reason: string;
}

/** From this many titles on, the database searches (docs/decisions/067-two-vector-engines.md says why). */
export const TITLES_FOR_PGVECTOR = 500_000;
/** The first version with halfvec. */
const OLDEST_PGVECTOR = [0, 7];
/** Each thread that searches in memory has an index of its own: more of them cost more than they answer. */
const MOST_THREADS = 2;

/** What searches vectors here. Changes nothing in the database, which may be empty still. */
export async function chooseEngine(database: Statements, wanted: EngineKind | 'auto'): Promise<EngineChoice> {
  const threads = Math.min(MOST_THREADS, usableCores());
  const memory = (why: string): EngineChoice => ({
    kind: 'memory',
    threads,
    reason: `exact search in memory: ${why}`,
  });
  if (wanted === 'memory') return memory('MARQUEE_VECTORS says so');
  const version = await pgvectorVersion(database);
  const lack = version === null ? 'the database has no pgvector' : `pgvector ${version} is older than 0.7`;
  if (version === null || !isUsable(version)) {
    if (wanted === 'auto') return memory(lack);
    throw new Failure(
      'CONFIGURATION_INVALID',
      `MARQUEE_VECTORS is pgvector, but ${lack}: install pgvector 0.7 or newer there, or set MARQUEE_VECTORS=auto.`,
    );
  }
  const titles = await countTitles(database);
  if (wanted === 'auto' && titles < TITLES_FOR_PGVECTOR)
    return memory(`${titles} titles need no pgvector ${version} yet`);
  return { kind: 'pgvector', threads: 1, reason: `HNSW in pgvector ${version}` };
}

/** The version that is installed or could be; null where the server has none that this user may use. */
async function pgvectorVersion(database: Statements): Promise<string | null> {
  const { rows } = await database.query<{ version: string }>(
    `SELECT coalesce(a.installed_version, a.default_version) AS "version"
     FROM pg_available_extensions a
     WHERE a.name = 'vector' AND (
       a.installed_version IS NOT NULL
       OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       OR (EXISTS (SELECT FROM pg_available_extension_versions v
                   WHERE v.name = 'vector' AND v.version = a.default_version AND v.trusted)
           AND has_database_privilege(current_database(), 'CREATE')))`,
    [],
  );
  return rows[0]?.version ?? null;
}

export function isUsable(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_PGVECTOR as [number, number];
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The planner's estimate where there is one: counting a million rows would take seconds. */
async function countTitles(database: Statements): Promise<number> {
  const { rows } = await database.query<{ titles: number }>(
    `SELECT coalesce(sum(greatest(reltuples, 0)), 0)::int AS "titles"
     FROM pg_class WHERE oid = to_regclass('"Title"')`,
    [],
  );
  return rows[0]!.titles;
}
