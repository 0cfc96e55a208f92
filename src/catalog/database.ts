import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import { PrismaClient } from '../generated/prisma/client.js';
import type { Logger } from '../log.js';
import { connectionFailure, describeServer } from './connection-failure.js';
import { openEmbeddedPostgres } from './embedded-postgres.js';
import { applyMigrations } from './migrations.js';

const OLDEST_POSTGRES = 15;
const EMBEDDED_DATABASE = 'marquee';
/** A process runs few statements at once; PostgreSQL allows 100 connections over all processes by default. */
const POOL_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

export interface Database {
  prisma: PrismaClient;
  /** The connections that `prisma` uses too. */
  pool: pg.Pool;
  /** With the password; not for people. */
  url: string;
  /** Without the password, for people. */
  description: string;
  close(): Promise<void>;
}

/**
 * The database of the configuration, migrated to this version: the server of DATABASE_URL, else the embedded one.
 *
 * @throws Failure DATABASE_UNAVAILABLE, DISK_FULL, FOLDER_UNWRITABLE
 */
export async function openDatabase(config: Config, log: Logger): Promise<Database> {
  if (config.databaseUrl !== null) return await openServer(config.databaseUrl, log);
  const embedded = await openEmbeddedPostgres(config.dataFolder, log);
  try {
    const url = embedded.urlOf(EMBEDDED_DATABASE);
    await createIfMissing(embedded.urlOf('postgres'), EMBEDDED_DATABASE);
    const database = await openServer(url, log);
    return {
      ...database,
      description: `embedded ${database.description} in ${embedded.folder}`,
      close: async () => {
        await database.close();
        await embedded.close();
      },
    };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

async function openServer(url: string, log: Logger): Promise<Database> {
  const { version, applied } = await prepare(url);
  if (applied.length > 0) log.info({ migrations: applied }, 'The database was brought up to date.');
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    application_name: 'marquee',
  });
  // An idle connection that breaks is replaced at its next use; unheard, its error would end the process.
  let closing = false;
  pool.on('error', (error) => {
    if (!closing) log.warn({ error: error.message }, 'A database connection broke.');
  });
  // One that breaks while it is lent out fails its query; the event itself must be heard too.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    url,
    description: `PostgreSQL ${version} on ${describeServer(url)}`,
    close: async () => {
      closing = true;
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * Says what openDatabase would open and what `look` sees there, without changing anything in the database.
 *
 * @throws Failure DATABASE_UNAVAILABLE, DISK_FULL, FOLDER_UNWRITABLE, and those of `look`
 */
export async function probeDatabase(
  config: Config,
  log: Logger,
  look: (client: pg.Client) => Promise<string>,
): Promise<string> {
  if (config.databaseUrl !== null) return await describeVersion(config.databaseUrl, look);
  const embedded = await openEmbeddedPostgres(config.dataFolder, log);
  try {
    return `embedded ${await describeVersion(embedded.urlOf('postgres'), look)} in ${embedded.folder}`;
  } finally {
    await embedded.close();
  }
}

async function describeVersion(url: string, look: (client: pg.Client) => Promise<string>): Promise<string> {
  return await withConnection(url, async (client) => {
    const version = await requireSupported(client, url);
    return `PostgreSQL ${version} on ${describeServer(url)}, ${await look(client)}`;
  });
}

/** Checks the server and migrates its database. */
async function prepare(url: string): Promise<{ version: string; applied: string[] }> {
  return await withConnection(url, async (client) => ({
    version: await requireSupported(client, url),
    applied: await applyMigrations(client),
  }));
}

/** @returns the server's version, as in "15.14" */
async function requireSupported(client: pg.Client, url: string): Promise<string> {
  const { rows } = await client.query(`SELECT current_setting('server_version') AS version`);
  const version = String(rows[0].version).split(' ')[0] ?? '';
  if (isSupported(version)) return version;
  throw new Failure(
    'DATABASE_UNAVAILABLE',
    `The server at ${describeServer(url)} is PostgreSQL ${version}: Marquee needs ${OLDEST_POSTGRES} or newer.`,
  );
}

/** Whether a server of this version, as in "15.14", will do. */
export function isSupported(version: string): boolean {
  return Number.parseInt(version, 10) >= OLDEST_POSTGRES;
}

async function createIfMissing(adminUrl: string, name: string): Promise<void> {
  await withConnection(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount !== 0) return;
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`).catch((error: pg.DatabaseError) => {
      // Another process was faster.
      if (error.code !== '42P04' && error.code !== '23505') throw error;
    });
  });
}

/** A connection for `work` alone; whatever goes wrong becomes a Failure. */
async function withConnection<T>(
  url: string,
  work: (client: pg.Client, url: string) => Promise<T>,
): Promise<T> {
  describeServer(url);
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client, url);
  } catch (error) {
    throw connectionFailure(error, url);
  } finally {
    await client.end().catch(() => undefined);
  }
}
