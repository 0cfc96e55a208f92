import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFolderLock } from '../../src/catalog/folder-lock.js';
import { identityOf } from '../../src/catalog/process-identity.js';

/** Longer than any of these tests. */
const PATIENTLY = 60_000;

describe("a folder's lock", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marquee-lock-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('lets one in at a time, and leaves nothing behind', async () => {
    const log: string[] = [];
    const visit = () =>
      withFolderLock(folder, PATIENTLY, async () => {
        log.push('in');
        await readdir(folder);
        log.push('out');
      });
    await Promise.all(Array.from({ length: 8 }, visit));
    expect(log).toEqual(Array.from({ length: 8 }, () => ['in', 'out']).flat());
    expect(await readdir(folder)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    const failing = withFolderLock(folder, PATIENTLY, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await withFolderLock(folder, 0, () => Promise.resolve('in'))).toBe('in');
  });

  it('is taken over from a process that died, though its number be in use again', async () => {
    const child = spawn(process.execPath, ['--eval', 'console.log(1); setInterval(() => {}, 1e6)']);
    await once(child.stdout, 'data');
    const dead = await identityOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const stale of [dead, `${process.pid} 1 another-boot`]) {
      await writeFile(path.join(folder, 'lock'), `${stale}\nlock.1.00000000\n`);
      const visits = Array.from({ length: 4 }, (_, visit) =>
        withFolderLock(folder, PATIENTLY, async () => visit),
      );
      expect(await Promise.all(visits)).toEqual([0, 1, 2, 3]);
    }
  });

  it('says who holds it when that takes too long', async () => {
    await withFolderLock(folder, PATIENTLY, async () => {
      const second = withFolderLock(folder, 0, () => Promise.resolve());
      await expect(second).rejects.toThrow(
        `(process ${process.pid}) has been starting or stopping the database`,
      );
    });
  });
});
