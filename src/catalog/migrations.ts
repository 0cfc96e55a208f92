import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { Failure } from '../failure.js';

/** Where the migrations are, seen from src/catalog and from dist/catalog alike. */
const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The advisory lock that Prisma's own engine takes, so that neither runs while the other does. */
const MIGRATION_LOCK = 72_707_369;

/** Prisma's own table, so that its engine finds the database in step. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  sql: string;
  /** sha256 of the file, in hexadecimal. */
  checksum: string;
}

interface Applied {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/**
 * Brings the database up to this version of Marquee, each migration in a transaction of its own. Of several processes
 * one migrates and the others wait.
 *
 * @param client a connection of its own, not inside a transaction
 * @returns the names of the migrations that were applied now
 * @throws Failure DATABASE_UNAVAILABLE when the database's history is not this version's
 */
export async function applyMigrations(client: ClientBase, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  const migrations = await readMigrations(folder);
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  try {
    const pending = pendingMigrations(migrations, await readHistory(client));
    for (const migration of pending) await applyMigration(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return await Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function readHistory(client: ClientBase): Promise<Applied[]> {
  const { rows: tables } = await client.query(`SELECT to_regclass('_prisma_migrations') AS found`);
  if (tables[0].found === null) await client.query(CREATE_TABLE);
  const { rows } = await client.query<Applied>(
    `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations"
     WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows;
}

/** The migrations that the history lacks, oldest first. */
function pendingMigrations(migrations: Migration[], history: Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const applied of history) {
    const migration = known.get(applied.migration_name);
    if (!migration) {
      throw new Failure(
        'DATABASE_UNAVAILABLE',
        `The database has the migration ${applied.migration_name}, which this version of Marquee does not know: start the newer version that made it.`,
      );
    }
    if (applied.finished_at === null) {
      throw new Failure(
        'DATABASE_UNAVAILABLE',
        `The migration ${migration.name} began in this database and never finished: repair it as Prisma's "migrate resolve" describes, or restore a backup.`,
      );
    }
    if (applied.checksum !== migration.checksum) {
      throw new Failure(
        'DATABASE_UNAVAILABLE',
        `The migration ${migration.name} was edited after it had been applied to this database: restore its file and put the change into a new migration.`,
      );
    }
  }
  const applied = new Set(history.map(({ migration_name }) => migration_name));
  return migrations.filter(({ name }) => !applied.has(name));
}

async function applyMigration(client: ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
