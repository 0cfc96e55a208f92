import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeClips } from '../../src/media/clips.js';
import { decodeTrailer } from '../../src/media/decode.js';
import type { MediaFacts } from '../../src/media/facts.js';
import { probeTrailer } from '../../src/media/probe.js';
import { storeUpload } from '../../src/media/upload.js';
import { children, ffmpeg, LIMITS, lavfi, removeFolder, testFolder } from './made.js';

const TIMES = 20;
const SECONDS = 4;
/** How much of the film has been seen when the last of these orders comes. */
const LAST_SHARE = 0.95;
/** From the moment of cancelling until children and temporary files are gone. */
const LIMIT_MS = 2000;

let folder: string;
let film: string;
let facts: MediaFacts;

beforeAll(async () => {
  folder = await testFolder('cancel');
  film = path.join(folder, 'film.mp4');
  await ffmpeg(...lavfi(SECONDS), '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', film);
  facts = await probeTrailer(film, { limits: LIMITS, signal: new AbortController().signal });
});
afterAll(() => removeFolder(folder));

/** Runs `work`, cancels it once a child runs or, where there is none, at once; then looks for what is left. */
async function cancelled(
  work: (signal: AbortSignal) => Promise<unknown>,
  waitForChild = true,
): Promise<void> {
  const controller = new AbortController();
  const working = work(controller.signal).then(
    () => 'finished',
    (error: { code?: string }) => error.code,
  );
  const settled = working.then(() => true);
  while (waitForChild && (await children()).length === 0 && !(await Promise.race([settled, tick()])));
  const start = performance.now();
  controller.abort();
  const code = await working;
  // A stage may finish in the very moment of the order; then there is nothing to cancel.
  expect(['CANCELLED', 'finished']).toContain(code);
  expect(await children()).toEqual([]);
  expect(performance.now() - start).toBeLessThan(LIMIT_MS);
}

const tick = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));

describe(`cancelling ${TIMES} times leaves no child and no temporary file`, () => {
  test('while probing', async () => {
    for (let i = 0; i < TIMES; i++)
      await cancelled((signal) => probeTrailer(film, { limits: LIMITS, signal }));
  }, 60_000);

  test('while decoding, at any point', async () => {
    for (let i = 0; i < TIMES; i++) {
      const job = path.join(folder, `job${i}`);
      const controller = new AbortController();
      // Each time a little later, the last time near the end: the progress says where the work is.
      const work = decodeTrailer(
        { path: film, facts, folder: job, sidecars: [] },
        {
          signal: controller.signal,
          progress: (share) => share >= (LAST_SHARE * i) / TIMES && controller.abort(),
        },
      );
      await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await children()).toEqual([]);
      expect(existsSync(job) ? await readdir(job) : []).toEqual([]);
    }
  }, 120_000);

  test('while taking clips', async () => {
    const clips = [{ startSeconds: 2, frames: 16, spacingSeconds: 0.1 }];
    for (let i = 0; i < TIMES; i++)
      await cancelled((signal) => decodeClips({ path: film, facts, clips }, { signal }));
  }, 60_000);

  test('while storing an upload', async () => {
    const storeFolder = path.join(folder, 'store');
    await mkdir(storeFolder);
    for (let i = 0; i < TIMES; i++) {
      const endless = Readable.from(
        (async function* () {
          for (;;) yield Buffer.alloc(65_536);
        })(),
      );
      await cancelled((signal) => storeUpload(endless, { storeFolder, maxBytes: 1e12, signal }), false);
      expect(await readdir(storeFolder)).toEqual([]);
    }
  }, 60_000);
});

test.runIf(process.platform === 'linux')(
  'a child dies with the process that started it, even by kill -9',
  async () => {
    const entry = new URL('../../dist/media/child.js', import.meta.url);
    // It decodes at real time and begins again at the end, so it would never end by itself.
    const script = `
    const { startChild, INPUT } = await import(${JSON.stringify(entry.href)});
    await startChild({ program: 'ffmpeg', args: ['-stream_loop', '-1', '-re', '-i', INPUT, '-f', 'null', '-'], inputPath: ${JSON.stringify(film)}, timeoutSeconds: 60, signal: new AbortController().signal });
    console.log('started');
    setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    const [child] = await childrenOf(parent.pid as number);
    expect(child).toBeDefined();
    // The programs that set its limits come first in the same process; a child that is not yet bound ends at its pipes.
    const runs = () =>
      readlink(`/proc/${child}/exe`).then(
        (exe) => exe.endsWith('ffmpeg'),
        () => false,
      );
    while (!(await runs())) await tick();
    parent.kill('SIGKILL');
    await once(parent, 'close');
    const deadline = performance.now() + LIMIT_MS;
    while ((await isAlive(child as number)) && performance.now() < deadline) await tick();
    expect(await isAlive(child as number)).toBe(false);
  },
);

/** A dead process stays in the table until its new parent fetches it. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat !== null && !/\) [ZX] /.test(stat);
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}
