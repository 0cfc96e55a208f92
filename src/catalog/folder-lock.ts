import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { identityOf, isRunning } from './process-identity.js';

const POLL_MILLISECONDS = 25;

/**
 * Runs `work` while no other process holds the folder's lock. A lock whose holder died is taken over.
 *
 * @param waitMilliseconds how long to wait for a living holder
 * @throws Failure DATABASE_UNAVAILABLE when the holder keeps it longer than that
 */
export async function withFolderLock<T>(
  folder: string,
  waitMilliseconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const lock = path.join(folder, 'lock');
  const mine = path.join(folder, `lock.${process.pid}.${randomBytes(4).toString('hex')}`);
  // The tail tells two holders within one process apart.
  const identity = `${await identityOf(process.pid)}\n${path.basename(mine)}\n`;
  await writeFile(mine, identity);
  try {
    await acquire(lock, mine, Date.now() + waitMilliseconds);
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** A link appears whole or not at all, so nobody reads a lock that does not yet say who holds it. */
async function acquire(lock: string, mine: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      await link(mine, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(lock, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (holder === null) continue;
    const [identity = ''] = holder.split('\n');
    if (!(await isRunning(identity))) {
      await removeStale(lock, holder, `${mine}.stale`);
    } else if (Date.now() > deadline) {
      throw new Failure(
        'DATABASE_UNAVAILABLE',
        `Another Marquee (process ${Number.parseInt(identity, 10)}) has been starting or stopping the database for too long: end it, then start again.`,
      );
    } else {
      await delay(POLL_MILLISECONDS);
    }
  }
}

/** Between reading the stale lock and removing it, another process may have put its own there: then it goes back. */
async function removeStale(lock: string, stale: string, aside: string): Promise<void> {
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}
