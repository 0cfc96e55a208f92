import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchPath } from '../../src/media/source-path.js';

describe('a path that is relative', () => {
  let folder: string;
  let mediaRoots: string[];
  const fetch = (given: string) => fetchPath(given, { mediaRoots, signal: new AbortController().signal });

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'marquee-roots-')));
    mediaRoots = ['missing', 'first', 'second'].map((name) => path.join(folder, name));
    for (const root of mediaRoots.slice(1)) await mkdir(root);
    await writeFile(path.join(folder, 'first', 'both.mp4'), 'first');
    await writeFile(path.join(folder, 'second', 'both.mp4'), 'second');
    await writeFile(path.join(folder, 'second', 'sample.mp4'), 'sample');
    await writeFile(path.join(folder, 'secret.mp4'), 'secret');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is looked for in each root', async () => {
    expect((await fetch('sample.mp4')).path).toBe(path.join(folder, 'second', 'sample.mp4'));
  });

  it('is taken from the first root that has it', async () => {
    expect((await fetch('both.mp4')).path).toBe(path.join(folder, 'first', 'both.mp4'));
  });

  it('is refused alike outside the roots, there or not', async () => {
    for (const given of ['../secret.mp4', '../nothing.mp4', '../second/../secret.mp4']) {
      await expect(fetch(given), given).rejects.toMatchObject({ code: 'SOURCE_OUTSIDE_ROOTS' });
    }
  });

  it('may lead from one root into another', async () => {
    expect((await fetch('../second/sample.mp4')).bytes).toBe('sample'.length);
  });

  it('is not found where no root has it, also when one of the roots is missing', async () => {
    await expect(fetch('nothing.mp4')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});
