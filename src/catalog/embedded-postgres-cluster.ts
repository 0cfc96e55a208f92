import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import type { Place } from './embedded-postgres-place.js';

export const CLUSTER_USER = 'marquee';
const INITDB_TIMEOUT_MILLISECONDS = 120_000;
const UNFINISHED = /^new-[0-9a-f]{8}$/;

export interface Cluster {
  /** PGDATA, absolute. */
  data: string;
  password: string;
  /** It was made just now. */
  fresh: boolean;
}

/** What PostgreSQL's programs see of the environment: nothing that could turn them elsewhere, messages in English. */
export const CLUSTER_ENVIRONMENT = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * The cluster of a place, made on first use. It is made beside and then renamed, so that a process that is killed
 * meanwhile leaves nothing half-made behind.
 */
export async function ensureCluster(place: Place): Promise<Cluster> {
  const data = path.join(place.folder, 'data');
  const passwordFile = path.join(place.folder, 'password');
  const entries = await readdir(place.folder);
  if (entries.includes('data')) return { data, password: await readPassword(passwordFile), fresh: false };
  for (const name of entries.filter((entry) => UNFINISHED.test(entry))) {
    // Whoever was making it may still be writing there.
    await rm(path.join(place.folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
  const password = await writePassword(passwordFile, place);
  const unfinished = path.join(place.folder, `new-${randomBytes(4).toString('hex')}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (place.account) await chown(unfinished, place.account.uid, place.account.gid);
  try {
    await runInitdb(place, unfinished, passwordFile);
    await rename(unfinished, data);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  return { data, password, fresh: true };
}

async function readPassword(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Failure(
      'FOLDER_UNWRITABLE',
      `The database's password cannot be read from ${file}: start Marquee as the user who made it, or restore the file.`,
      { cause: error },
    );
  }
}

async function writePassword(file: string, place: Place): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600 });
  if (place.account) await chown(`${file}.new`, place.account.uid, place.account.gid);
  await rename(`${file}.new`, file);
  return password;
}

/** Text sorts by code point everywhere, so that pages of titles do not depend on the machine's language. */
async function runInitdb(place: Place, data: string, passwordFile: string): Promise<void> {
  const child = spawn(
    place.initdb,
    [
      ...['--pgdata', data, '--username', CLUSTER_USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...[
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--locale-provider',
        'builtin',
        '--builtin-locale',
        'C.UTF-8',
      ],
    ],
    {
      ...(place.account ?? {}),
      cwd: '/',
      env: CLUSTER_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INITDB_TIMEOUT_MILLISECONDS,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(spawnFailure(error)));
    child.once('close', resolve);
  });
  if (status !== 0) throw postgresFailure(output, 'could not make its files', place.folder);
}

/** PostgreSQL's program did not even begin: for example on a system with another C library. */
export function spawnFailure(error: Error): Failure {
  return new Failure(
    'DATABASE_UNAVAILABLE',
    `The embedded PostgreSQL does not run on this system (${error.message}): set DATABASE_URL to a PostgreSQL 15 or newer.`,
    { cause: error },
  );
}

/** What PostgreSQL said when it gave up, as one sentence. */
export function postgresFailure(output: string, what: string, folder: string): Failure {
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    return new Failure('DISK_FULL', `The disk of ${folder} is full: free some space, then start again.`);
  }
  const said =
    /^.*?(?:FATAL|PANIC|error|ERROR): +(.*)$/m.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? '';
  return new Failure(
    'DATABASE_UNAVAILABLE',
    `The embedded PostgreSQL in ${folder} ${what}${said === '' ? '' : ` ("${said.trim()}")`}: see docs/operations.md, or set DATABASE_URL to another PostgreSQL.`,
  );
}
