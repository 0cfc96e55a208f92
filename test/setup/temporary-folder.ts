import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runs } from './running.js';

const PREFIX = 'marquee-tests-';

/** Whatever the run writes into the system's temporary folder lies in one of its own, which goes with it. */
export async function setup(): Promise<() => Promise<void>> {
  const system = tmpdir();
  await removeLeftovers(system);
  const folder = path.join(system, PREFIX + process.pid);
  // Open to other users: an embedded PostgreSQL runs as one where the tests run as root.
  await mkdir(folder, { mode: 0o755 });
  process.env.TMPDIR = folder;
  return () => rm(folder, { recursive: true, force: true });
}

/** Folders named after a process that has ended: its run was killed. */
async function removeLeftovers(system: string): Promise<void> {
  const names = (await readdir(system)).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    if (!runs(Number(name.slice(PREFIX.length)))) {
      await rm(path.join(system, name), { recursive: true, force: true });
    }
  }
}
