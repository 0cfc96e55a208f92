import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureSampleTrailer, formatSrt } from '../../src/media/sample.js';
import {
  SAMPLE_CUTS_SECONDS,
  SAMPLE_DURATION_SECONDS,
  SAMPLE_FRAMES_PER_SECOND,
  SAMPLE_LINES,
} from '../../src/media/sample-story.js';

const execute = promisify(execFile);

describe('the sample trailer', () => {
  let folder: string;
  let trailer: string;
  const shares: number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marquee-sample-'));
    trailer = await ensureSampleTrailer(folder, { progress: (share) => shares.push(share) });
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('whose rendering was killed leaves nothing for long, and nothing of another process is touched', async () => {
    const file = (name: string) => path.join(folder, name);
    const hours = new Date(Date.now() - 3600 * 1000);
    for (const name of ['.sample-trailer-old.mp4', '.sample-trailer-old.srt', 'mine.mp4'])
      await writeFile(file(name), 'x').then(() => utimes(file(name), hours, hours));
    await writeFile(file('.sample-trailer-new.mp4'), 'x');
    await ensureSampleTrailer(folder);
    const names = await readdir(folder);
    expect(names.filter((name) => !name.startsWith('sample-trailer.')).toSorted()).toEqual([
      '.sample-trailer-new.mp4',
      'mine.mp4',
    ]);
    await Promise.all(['.sample-trailer-new.mp4', 'mine.mp4'].map((name) => rm(file(name))));
  });

  it('has a picture, a sound and a subtitle track of the stated length', async () => {
    const { stdout } = await execute('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', trailer]);
    const { streams } = JSON.parse(stdout) as {
      streams: { codec_type: string; width?: number; height?: number }[];
    };
    expect(streams.map((stream) => stream.codec_type)).toEqual(['video', 'audio', 'subtitle']);
    expect(streams[0]).toMatchObject({
      width: 640,
      height: 360,
      nb_frames: String(SAMPLE_DURATION_SECONDS * 25),
    });
  });

  it('cuts hard at exactly the known times', async () => {
    const scores = await sceneScores(trailer);
    for (const cut of SAMPLE_CUTS_SECONDS) {
      const frame = Math.round(cut * SAMPLE_FRAMES_PER_SECOND);
      const [before = 1, at = 0, after = 1] = scores.slice(frame - 1, frame + 2);
      expect(at, `score at ${cut} s`).toBeGreaterThan(2 * Math.max(before, after));
    }
  });

  it('says the same lines in its own track and beside it', async () => {
    const { stdout } = await execute('ffmpeg', [
      '-v',
      'error',
      '-i',
      trailer,
      '-map',
      '0:s',
      '-f',
      'srt',
      '-',
    ]);
    const words = (srt: string) => srt.split(/\r?\n/).filter((line) => /[A-Za-z]/.test(line));
    expect(words(stdout)).toEqual(SAMPLE_LINES.map((line) => line.text));
    expect(await readFile(path.join(folder, 'sample-trailer.srt'), 'utf8')).toBe(formatSrt(SAMPLE_LINES));
  });

  it('reports its progress, which only grows', () => {
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
  });

  it('is rendered once only', async () => {
    expect(await ensureSampleTrailer(folder, { signal: AbortSignal.abort() })).toBe(trailer);
  });

  it('leaves nothing behind when its rendering is cancelled', async () => {
    const other = await mkdtemp(path.join(tmpdir(), 'marquee-sample-'));
    const controller = new AbortController();
    const rendering = ensureSampleTrailer(other, {
      signal: controller.signal,
      progress: () => controller.abort(),
    });
    await expect(rendering).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readdir(other)).toEqual([]);
    await rm(other, { recursive: true });
  });
});

/** ffmpeg's own measure of how much each frame differs from the one before, 0 … 100. */
async function sceneScores(file: string): Promise<number[]> {
  const { stdout } = await execute(
    'ffmpeg',
    [
      '-v',
      'error',
      '-i',
      file,
      '-vf',
      'scdet,metadata=print:key=lavfi.scd.score:file=-',
      '-an',
      '-f',
      'null',
      '-',
    ],
    { maxBuffer: 1 << 24 },
  );
  return [...stdout.matchAll(/lavfi\.scd\.score=([\d.]+)/g)].map((match) => Number(match[1]));
}
