import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embedRows } from '../../src/analysis/row-embedding.js';
import type { AnalysisTasks } from '../../src/analysis/tasks.js';
import { choosePack } from '../../src/chosen-pack.js';
import { type Config, readConfig } from '../../src/config.js';
import { ThreadPool } from '../../src/inference/threads.js';
import { parseRow } from '../../src/tagging/training-row.js';
import { renderFilm, SUBTITLES } from './film.js';

let folder: string;
let config: Config;
let threads: ThreadPool<AnalysisTasks>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-media-rows-'));
  config = readConfig({ MARQUEE_DATA: path.join(folder, 'data'), MARQUEE_PACK: 'compact' });
  threads = new ThreadPool<AnalysisTasks>(new URL('../../dist/analysis/thread.js', import.meta.url), 1);
});
afterAll(async () => {
  await threads.close();
  await rm(folder, { recursive: true });
});

test('a row gets the vectors, the words and the measures of its media, and the same content is read once', async () => {
  const media = await renderFilm(path.join(folder, 'film.mp4'));
  await writeFile(path.join(folder, 'film.en.srt'), SUBTITLES);
  const given = [
    parseRow({ id: 'film', media, labels: { genre: ['Thriller'] } }, ''),
    parseRow({ id: 'told', media, transcript: 'Only these words.' }, ''),
    parseRow({ id: 'words', synopsis: 'A story.' }, ''),
  ];
  const { identity } = await choosePack(config);
  const embed = () =>
    embedRows(given, { config, pack: identity, threads, signal: new AbortController().signal }, () => {});
  const { rows, models } = await embed();
  const [film, told, words] = rows;
  expect(film!.lines[2]).toBe('I will hunt his killers down and take my revenge.');
  expect(film!.measures).toMatchObject({ seconds: expect.closeTo(9, 1), light: expect.any(Number) });
  expect(Object.keys(film!.vectors)).toEqual(['PICTURE', 'SOUND']);
  expect(models).toEqual({ PICTURE: identity.encoders[1], SOUND: identity.encoders[2] });
  expect(told!.lines).toEqual(['Only these words.']);
  expect(told!.vectors).toEqual(film!.vectors);
  expect(words).toEqual(given[2]);
  expect(await readdir(path.join(config.dataFolder, 'training'))).toHaveLength(1);
  // Decoded parts are gone, and are not missed.
  await rm(path.join(config.dataFolder, 'decoded'), { recursive: true });
  expect((await embed()).rows).toEqual(rows);
  expect(await readdir(config.dataFolder)).not.toContain('decoded');
}, 60_000);

test('a trailer that cannot be read is named with its row', async () => {
  const media = path.join(folder, 'missing.mp4');
  const { identity } = await choosePack(config);
  const parts = { config, pack: identity, threads, signal: new AbortController().signal };
  await expect(embedRows([parseRow({ id: 'lost', media }, '')], parts, () => {})).rejects.toMatchObject({
    code: 'SOURCE_NOT_FOUND',
    message: expect.stringContaining(`Row lost, ${media}: There is no file missing.mp4`),
  });
});
