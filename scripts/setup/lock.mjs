import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './folders.mjs';

const POLL_MILLISECONDS = 200;

/**
 * Runs `work` while no other process on this clone is in here. A lock whose holder died is taken over.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {(holder: number) => void} onWait called once where a living process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(work, onWait) {
  // Not below node_modules, which npm ci removes.
  const folder = path.join(root, '.marquee');
  mkdirSync(folder, { recursive: true });
  const lock = path.join(folder, 'setup.lock');
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    await acquire(lock, mine, onWait);
  } finally {
    rmSync(mine, { force: true });
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** A link appears whole or not at all, so nobody reads a lock that does not yet say who holds it. */
async function acquire(lock, mine, onWait) {
  for (let said = false; ; ) {
    try {
      linkSync(mine, lock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readHolder(lock);
    if (holder === null) continue;
    if (!runs(holder)) {
      removeStale(lock, holder, `${mine}.stale`);
      continue;
    }
    if (!said) onWait(holder);
    said = true;
    await delay(POLL_MILLISECONDS);
  }
}

/** Between reading the stale lock and removing it, another process may have put its own there: then it goes back. */
function removeStale(lock, holder, aside) {
  try {
    renameSync(lock, aside);
    if (readHolder(aside) !== holder) linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}

/** Null where the lock is gone by now. One that this user may not read is an error: waiting for it would be for ever. */
function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
