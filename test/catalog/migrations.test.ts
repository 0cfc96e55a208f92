import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '../../src/catalog/migrations.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

/** Nothing to do with the product's tables: the runner's own behaviour, over a schema of its own. */
describe('migrations', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let folder: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    client = await connect();
    folder = await mkdtemp(path.join(tmpdir(), 'marquee-migrations-'));
    await write('20260101000000_first', 'CREATE TABLE rating (stars int);');
  });

  afterEach(async () => {
    await client.end();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A connection that sees an empty schema in place of the migrated one. */
  async function connect(): Promise<pg.Client> {
    const connection = new pg.Client({ connectionString: database.url });
    await connection.connect();
    await connection.query('CREATE SCHEMA IF NOT EXISTS fresh; SET search_path TO fresh');
    return connection;
  }

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }

  it('applies what is missing, oldest first, and nothing twice', async () => {
    expect(await applyMigrations(client, folder)).toEqual(['20260101000000_first']);
    await write('20260103000000_third', 'ALTER TABLE rating ADD CHECK (stars BETWEEN lowest AND 5);');
    await write('20260102000000_second', 'ALTER TABLE rating ADD lowest int NOT NULL DEFAULT 1;');
    expect(await applyMigrations(client, folder)).toEqual(['20260102000000_second', '20260103000000_third']);
    expect(await applyMigrations(client, folder)).toEqual([]);
  });

  it('leaves nothing behind of a migration that fails', async () => {
    await write('20260102000000_second', 'CREATE TABLE half (id int); SELECT 1 / 0;');
    await expect(applyMigrations(client, folder)).rejects.toThrow(/division by zero/);
    const { rows } = await client.query(
      `SELECT to_regclass('half') AS half, to_regclass('rating') AS rating`,
    );
    expect(rows).toEqual([{ half: null, rating: 'rating' }]);
    await write('20260102000000_second', 'CREATE TABLE half (id int);');
    expect(await applyMigrations(client, folder)).toEqual(['20260102000000_second']);
  });

  it('refuses a migration that was edited after it had been applied', async () => {
    await applyMigrations(client, folder);
    await write('20260101000000_first', 'CREATE TABLE rating (stars bigint);');
    await expect(applyMigrations(client, folder)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/20260101000000_first was edited/),
    });
  });

  it('refuses a database that a newer version has migrated', async () => {
    await write('20990101000000_future', 'SELECT 1;');
    await applyMigrations(client, folder);
    await rm(path.join(folder, '20990101000000_future'), { recursive: true });
    await expect(applyMigrations(client, folder)).rejects.toThrow(
      /20990101000000_future, which this version/,
    );
  });

  it('lets one of several processes migrate while the others wait', async () => {
    const others = await Promise.all([connect(), connect(), connect()]);
    const applied = await Promise.all([client, ...others].map((one) => applyMigrations(one, folder)));
    expect(applied.flat()).toEqual(['20260101000000_first']);
    await Promise.all(others.map((one) => one.end()));
  });

  it('writes the history that Prisma would have written', async () => {
    await applyMigrations(client, folder);
    const { rows } = await client.query('SELECT * FROM _prisma_migrations');
    expect(rows).toMatchObject([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        // sha256sum of the file, as any other program counts it.
        checksum: 'f1af85f317ef77a025b1755a1b7fedbe170e8e69520b3d87f4d15328478835c1',
        migration_name: '20260101000000_first',
        applied_steps_count: 1,
        rolled_back_at: null,
        logs: null,
      },
    ]);
  });
});
