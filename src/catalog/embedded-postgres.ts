import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import type { Logger } from '../log.js';
import { makeDataFolder } from './data-folder.js';
import { type Cluster, ensureCluster } from './embedded-postgres-cluster.js';
import { keepRunning } from './embedded-postgres-keeper.js';
import { findPlace } from './embedded-postgres-place.js';
import { adoptOrStart, type Server, serverUrl, serves, stop } from './embedded-postgres-server.js';
import { withFolderLock } from './folder-lock.js';
import { identityOf, isRunning } from './process-identity.js';

/** As long as the slowest start under the lock may take: making the cluster and recovering it. */
const LOCK_MILLISECONDS = 240_000;

/** What the system says where a folder cannot be made or written. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);

export interface EmbeddedPostgres {
  /** The URL of a database on the server, password included. */
  urlOf(database: string): string;
  /** The folder that holds the cluster. */
  folder: string;
  /** Gives the server up; the last process that uses it stops it. */
  close(): Promise<void>;
}

/**
 * A PostgreSQL of our own under `<dataFolder>/postgres`, shared by every process that uses this folder. One that
 * survived the death of its process is taken over, and one that dies is started again.
 *
 * @param dataFolder absolute; made where missing
 * @throws Failure FOLDER_UNWRITABLE, DISK_FULL, DATABASE_UNAVAILABLE
 */
export async function openEmbeddedPostgres(dataFolder: string, log: Logger): Promise<EmbeddedPostgres> {
  try {
    const folder = await makeFolder(dataFolder);
    const { server, cluster, lease, place } = await withFolderLock(folder, LOCK_MILLISECONDS, async () => {
      const place = await findPlace(folder);
      const cluster = await ensureCluster(place);
      if (cluster.fresh && place.folder !== folder) {
        log.warn(
          `PostgreSQL does not run as root, and its user may not enter ${folder}: the database is in ${place.folder}.`,
        );
      }
      const server = await adoptOrStart(place, cluster);
      return { server, cluster, lease: await writeLease(folder), place };
    });
    const restart = () =>
      withFolderLock(folder, LOCK_MILLISECONDS, async () => {
        const { port } = server;
        Object.assign(server, await adoptOrStart(place, cluster));
        if (server.port !== port)
          log.error(`Another program has the port ${port} of the embedded PostgreSQL: start Marquee again.`);
      });
    const endWatch = keepRunning({ runs: () => serves(server.pid, cluster), restart }, log);
    return {
      urlOf: (database) => serverUrl(server, cluster, database),
      folder: path.dirname(cluster.data),
      close: async () => {
        await endWatch();
        await giveUp(folder, lease, server, cluster);
      },
    };
  } catch (error) {
    throw folderFailure(error, dataFolder);
  }
}

async function makeFolder(dataFolder: string): Promise<string> {
  await makeDataFolder(dataFolder);
  const leases = path.join(dataFolder, 'postgres', 'users');
  await mkdir(leases, { recursive: true });
  return path.dirname(await realpath(leases));
}

async function writeLease(folder: string): Promise<string> {
  const lease = path.join(folder, 'users', `${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(lease, (await identityOf(process.pid)) ?? '');
  return lease;
}

async function giveUp(folder: string, lease: string, server: Server, cluster: Cluster): Promise<void> {
  await withFolderLock(folder, LOCK_MILLISECONDS, async () => {
    await rm(lease, { force: true });
    if ((await countLeases(folder)) === 0) await stop(server, cluster);
  });
}

/** Leases of processes that still run; those of the dead are removed. */
async function countLeases(folder: string): Promise<number> {
  let living = 0;
  for (const name of await readdir(path.join(folder, 'users'))) {
    const lease = path.join(folder, 'users', name);
    if (await isRunning(await readFile(lease, 'utf8'))) living += 1;
    else await rm(lease, { force: true });
  }
  return living;
}

function folderFailure(error: unknown, dataFolder: string): unknown {
  const code = error instanceof Failure ? undefined : (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('DISK_FULL', `The disk of ${dataFolder} is full: free some space, then start again.`, {
      cause: error,
    });
  }
  if (code !== undefined && UNWRITABLE.has(code)) {
    return new Failure(
      'FOLDER_UNWRITABLE',
      `The folder ${dataFolder} cannot be written: give this user the right to, or set MARQUEE_DATA to another folder.`,
      { cause: error },
    );
  }
  return error;
}
