import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openEmbeddedPostgres } from '../../src/catalog/embedded-postgres.js';
import { applyMigrations } from '../../src/catalog/migrations.js';
import { createLogger } from '../../src/log.js';
import { runs } from './running.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test databases are made, and the migrated one that they are copies of. */
    testServer: { url: string; template: string };
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Any number that nothing else of ours locks. */
const TEMPLATE_LOCK = 4_242_001;

/** One server for the whole run: TEST_DATABASE_URL, else an embedded one that is kept between runs. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const embedded = given
    ? null
    : await openEmbeddedPostgres(path.join(root, '.marquee-test'), createLogger('error'));
  const url = given ?? embedded?.urlOf('postgres') ?? '';
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    if (embedded) await makeFast(client);
    await dropLeftovers(client);
    project.provide('testServer', { url, template: await ensureTemplate(client, url) });
  } finally {
    await client.end();
  }
  return async () => await embedded?.close();
}

/** Nothing in this server outlives a test, so that it need not reach the disk. */
async function makeFast(client: pg.Client): Promise<void> {
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    await client.query(`ALTER SYSTEM SET ${setting} = off`);
  }
  await client.query('SELECT pg_reload_conf()');
}

/** Databases named after a process that has ended: its run was killed. */
async function dropLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname ~ '^marquee_test_[0-9]+_'`,
  );
  for (const { datname } of rows) {
    if (runs(Number(datname.split('_')[2]))) continue;
    await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  }
}

/** A migrated database, named after the migrations that it has. */
async function ensureTemplate(client: pg.Client, url: string): Promise<string> {
  const template = `marquee_template_${await hashMigrations()}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return template;
    const unfinished = `${template}_unfinished`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unfinished}`);
    await migrate(databaseUrl(url, unfinished));
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
    return template;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function migrate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await applyMigrations(client).finally(() => client.end());
}

async function hashMigrations(): Promise<string> {
  const folder = path.join(root, 'prisma', 'migrations');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
