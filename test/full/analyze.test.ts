import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/catalog/database.js';
import type { AnalysisReport } from '../../src/cli/report.js';
import { SUBTITLES } from '../analysis/film.js';
import { silent } from '../analysis/harness.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { CLASSES, WIDTHS, writeTinyPack } from './tiny-pack.js';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const run = promisify(execFile);
let database: TestDatabase;
let folder: string;
let spoken: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-full-'));
  await writeTinyPack(path.join(database.config.dataFolder, 'models'));
  spoken = await renderSpokenFilm(path.join(folder, 'spoken.mp4'));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** 9 s in three shots; from 3 to 6 s a voice-like buzz in syllables, silence around it. */
async function renderSpokenFilm(file: string): Promise<string> {
  const scenes = ['smptebars', 'testsrc2', 'mandelbrot'].map((name) => `${name}=size=320x180:rate=25`);
  const voice =
    'between(t,3,6)*0.3*(1+sin(2*PI*4*t))*(sin(2*PI*140*t)+0.5*sin(2*PI*700*t)+0.3*sin(2*PI*1800*t))';
  await run('ffmpeg', [
    ...['-v', 'error', '-y'],
    ...scenes.flatMap((scene) => ['-f', 'lavfi', '-t', '3', '-i', scene]),
    ...['-f', 'lavfi', '-i', `aevalsrc='${voice}':d=9:s=16000`],
    ...['-filter_complex', '[0:v][1:v][2:v]concat=n=3:v=1:a=0[v]', '-map', '[v]', '-map', '3:a'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file],
  ]);
  return file;
}

async function marquee(args: readonly string[], settings: Record<string, string> = {}) {
  const { config } = database;
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    MARQUEE_DATA: config.dataFolder,
    LOG_LEVEL: 'info',
    ...settings,
  };
  return run(process.execPath, [cli, ...args], { env, maxBuffer: 16 * 1024 ** 2 });
}

async function analyze(
  args: readonly string[] = [],
  settings: Record<string, string> = {},
): Promise<AnalysisReport> {
  const { stdout } = await marquee(['analyze', spoken, '--json', '--pack', 'full', ...args], settings);
  return JSON.parse(stdout) as AnalysisReport;
}

async function stored() {
  const { prisma, close } = await openDatabase(database.config, silent);
  const trailer = await prisma.trailer.findFirstOrThrow({
    include: {
      lines: { orderBy: { index: 'asc' } },
      vectors: { include: { moments: { orderBy: { index: 'asc' } } } },
      shots: { orderBy: { index: 'asc' } },
    },
  });
  await close();
  return trailer;
}

test('a trailer without subtitles is listened to, looked at and tagged by description', {
  timeout: 90_000,
}, async () => {
  const report = await analyze();
  expect(report.pack).toBe('full');
  expect(report.classifier).toMatch(/^zero-shot@[0-9a-f]{12}$/);
  expect(report.tags.length).toBeGreaterThan(50);
  const trailer = await stored();
  expect(trailer.lines.length).toBeGreaterThan(0);
  for (const line of trailer.lines) {
    expect(line).toMatchObject({ origin: 'RECOGNISER' });
    expect(line.confidence).toBeGreaterThan(0);
    expect(line.confidence).toBeLessThanOrEqual(1);
    // The gate lets through what lies around the voice, and nothing of the silence beyond.
    expect(line.startSeconds).toBeGreaterThan(2);
    expect(line.endSeconds).toBeLessThan(7);
  }
  expect(trailer.language).toMatch(/^(en|de|fr)$/);
  const clips = trailer.vectors.find(({ model }) => model.startsWith('MCG-NJU/videomae-base@'));
  expect(clips?.vector?.length).toBe(4 * WIDTHS.PICTURE);
  const content = trailer.shots.filter(({ kind }) => kind === 'CONTENT').map(({ index }) => index);
  expect(content.length).toBeGreaterThan(2);
  expect(clips?.moments.map(({ shotIndex }) => shotIndex)).toEqual(content);
  for (const { line } of clips?.moments ?? []) expect(CLASSES).toContain(line);
});

test('subtitles go before the recogniser, and evidence names their lines', { timeout: 90_000 }, async () => {
  const subtitles = path.join(folder, 'en.srt');
  await writeFile(subtitles, SUBTITLES);
  const report = await analyze(['--subtitles', subtitles]);
  const trailer = await stored();
  expect(trailer.lines.map(({ origin, confidence }) => [origin, confidence])).toEqual(
    trailer.lines.map(() => ['SIDECAR', null]),
  );
  const text = trailer.vectors.find(({ model }) => model.startsWith('sentence-transformers/'));
  expect(text?.vector?.length).toBe(4 * WIDTHS.TEXT);
  expect(text?.moments.map(({ line }) => line)).toEqual(trailer.lines.map((line) => line.text));
  const known = new Set(trailer.lines.map((line) => line.text));
  const said = report.tags.flatMap(({ evidence }) => evidence).filter(({ signal }) => signal === 'TEXT');
  for (const { line } of said) expect(known).toContain(line);
});

test('asked to, the recogniser fills where subtitles are silent, and sixteen frames span the whole length', {
  timeout: 90_000,
}, async () => {
  const subtitles = path.join(folder, 'half.srt');
  await writeFile(subtitles, '1\n00:00:00,500 --> 00:00:04,000\nThey murdered my brother.\n');
  await analyze(['--subtitles', subtitles], { MARQUEE_SPEECH: 'gaps', MARQUEE_CLIPS: 'uniform' });
  const { lines, vectors, durationSeconds } = await stored();
  expect(lines[0]).toMatchObject({ origin: 'SIDECAR', confidence: null });
  const heard = lines.slice(1);
  expect(heard.length).toBeGreaterThan(0);
  for (const line of heard) {
    expect(line.origin).toBe('RECOGNISER');
    expect(line.startSeconds).toBeGreaterThanOrEqual(3.9);
  }
  // Vectors of clips that were taken in shots are another model's, and stay beside these.
  const [clip] = vectors.flatMap(({ model, moments }) =>
    model.startsWith('MCG-NJU/') && moments.length === 1 ? moments : [],
  );
  expect(clip).toMatchObject({ startSeconds: 0, shotIndex: null });
  expect(clip?.endSeconds).toBeCloseTo(durationSeconds ?? 0, 3);
});

test('the doctor tells which models the full pack has, and what each device did with a small graph', async () => {
  const { stdout } = await marquee(['doctor', '--json']).catch((error: { stdout: string }) => error);
  const checks = (JSON.parse(stdout) as { checks: { name: string; ok: boolean; found: string }[] }).checks;
  const found = (name: string) => checks.find((check) => check.name === name);
  expect(found('pack')).toMatchObject({
    ok: true,
    found: expect.stringMatching(/^full, .*whisper-base@.*energy/),
  });
  expect(found('cpu')).toMatchObject({ ok: true, found: expect.stringContaining('a small graph ran') });
  expect(found('machine')?.found).toMatch(/^\d+ cores/);
});
