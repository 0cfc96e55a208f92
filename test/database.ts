import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { type Config, readConfig } from '../src/config.js';

export interface TestDatabase {
  url: string;
  /** The defaults, with this database, and with data and media in a temporary folder. */
  config: Config;
  /** Drops the database, connected or not, and removes the folder. */
  close(): Promise<void>;
}

/** A migrated, empty database of its own: a copy of the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = `marquee_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await execute(server.url, `CREATE DATABASE ${name} TEMPLATE ${server.template}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-test-'));
  return {
    url: url.href,
    config: readConfig({ DATABASE_URL: url.href, LOG_LEVEL: 'silent', PORT: '0' }, folder),
    close: async () => {
      await execute(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
