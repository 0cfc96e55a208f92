import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slugOf, spaceOfRows, spaceOfTaxonomy, targetsOf } from '../../src/tagging/label-space.js';
import { readMapping, readTaxonomy } from '../../src/tagging/taxonomy.js';
import {
  fingerprintRow,
  parseRow,
  readTrainingRows,
  type TrainingRow,
} from '../../src/tagging/training-row.js';

const models = path.join(import.meta.dirname, '../../models');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-rows-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...contents: (string | Buffer)[]): Promise<TrainingRow[]> {
  const files = contents.map((_, i) => path.join(folder, `rows-${i}`));
  for (const [i, file] of files.entries()) await writeFile(file, contents[i]!);
  const rows: TrainingRow[] = [];
  for await (const row of readTrainingRows(files)) rows.push(row);
  return rows;
}
const row = (value: object) => parseRow({ id: 'a', ...value }, 'here');

test('rows of plain and of compressed files come in order, whatever the files are called', async () => {
  const line = (id: string) => `${JSON.stringify({ id, synopsis: `story ${id}` })}\n`;
  const rows = await read(`${line('a')}\n${line('b')}`, gzipSync(line('c')));
  expect(rows.map(({ id, lines }) => [id, lines])).toEqual([
    ['a', ['story a']],
    ['b', ['story b']],
    ['c', ['story c']],
  ]);
});

test('a row tells what kind of text its words are', () => {
  const film = { title: 'A', page: 'A', genres: ['Western'], extract: 'A sheriff rides.' };
  const rows = [{ transcript: 'Ride!', synopsis: 'A ride.' }, { transcript: ' ', synopsis: 'A ride.' }, film];
  expect(rows.map((value) => row(value).register)).toEqual(['SPEECH', 'SYNOPSIS', 'EXTRACT']);
});

test('groups and labels are named in any script', () => {
  const { labels } = spaceOfRows([row({ labels: { Жанр: ['Драма'], ジャンル: ['コメディ'] } })]);
  expect(labels.map(({ id, group, name }) => [id, group, name])).toEqual([
    ['жанр/драма', 'жанр', 'Драма'],
    ['ジャンル/コメディ', 'ジャンル', 'コメディ'],
  ]);
});

test('a byte order mark, alone at the beginning, belongs to no row', async () => {
  const line = '{"id":"a","synopsis":"\uFEFFÄrger"}\n';
  for (const content of [`\uFEFF${line}`, gzipSync(`\uFEFF${line}`)]) {
    expect((await read(content)).map(({ lines }) => lines)).toEqual([['\uFEFFÄrger']]);
  }
});

test.each([
  ['no JSON', '{"id":"a"}\n{oops}\n', /rows-0 is no JSON at line 2/],
  [
    'labels of the wrong shape',
    '{"id":"a","labels":{"genre":"Horror"}}',
    /rows-0, line 1: labels.genre is wrong/,
  ],
  ['probabilities beyond 1', '{"id":"a","soft":{"mood":{"Dark":2}}}', /line 1: soft.mood.Dark is wrong/],
  ['a number that no float32 holds', '{"id":"a","vectors":{"SOUND":[1,1e39]}}', /vectors.SOUND.1 is wrong/],
  ['a row without id', '{"synopsis":"x"}', /line 1: id is wrong \(it is a text or a number\)/],
  [
    'a group that no id can begin with',
    '{"id":"a","labels":{"a/b":["x"]}}',
    /labels.a\/b is wrong \(a group is named by letters, digits, - and _\)/,
  ],
])('%s is refused, naming the line', async (_, content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(message),
  });
});

test('rows in another encoding than UTF-8 are refused, naming the line and what to do, also behind a letter that two reads share', async () => {
  const western = Buffer.from('{"id":"b","synopsis":"Ein Ärgernis"}\n', 'latin1');
  const good = Buffer.from(`{"id":"a","synopsis":"${'ä'.repeat(70_000)}"}\n`);
  const message = /rows-0 is not in UTF-8 at line 2: save it as UTF-8/;
  for (const content of [Buffer.concat([good, western]), gzipSync(Buffer.concat([good, western]))]) {
    await expect(read(content)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(message),
    });
  }
  const wide = Buffer.from('\uFEFF{"id":"a","synopsis":"x"}\n', 'utf16le');
  await expect(read(wide)).rejects.toThrow(/not in UTF-8 at line 1/);
  expect((await read(good))[0]!.lines).toEqual(['ä'.repeat(70_000)]);
});

test('a file that is cut off, one with an endless line, and one that is not there are refused with what to do', async () => {
  const cut = gzipSync('{"id":"a"}\n'.repeat(5000)).subarray(0, 20);
  await expect(read(cut)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(/damaged in line 1:/),
  });
  await expect(read(`{"id":"a"}\n"${'x'.repeat(17 * 1024 * 1024)}"`)).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(/^Line 2 of .*rows-0 is longer than 16 MiB/),
  });
  const missing = readTrainingRows([path.join(folder, 'missing.jsonl')]);
  await expect(missing.next()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
});

test('the transcript is what a classifier sees, and the synopsis where there is none', () => {
  expect(row({ transcript: 'Run!\r\nNow.', synopsis: 'They run.' }).lines).toEqual(['Run!', 'Now.']);
  expect(row({ transcript: ['Run!', ' '], synopsis: 'They run.' }).lines).toEqual(['Run!']);
  expect(row({ transcript: '', synopsis: 'They run.' }).lines).toEqual(['They run.']);
});

test('an extract of a film teaches its genres without naming them', () => {
  const film = {
    title: 'X',
    year: 1999,
    page: 'X',
    genres: ['Western'],
    extract: 'X is a western about cattle.',
  };
  const { id, labels, lines } = parseRow(film, 'here');
  expect({ id, labels }).toEqual({ id: 'X', labels: { genre: ['Western'] } });
  expect(lines[0]).toContain('cattle');
  expect(lines[0]).not.toContain('western');
});

test('a row is known again by its words, whatever its id, case and line breaks', () => {
  const same = fingerprintRow(row({ transcript: 'Run  now' }));
  expect(fingerprintRow(parseRow({ id: 'b', synopsis: 'run\nNOW' }, ''))).toBe(same);
  expect(fingerprintRow(row({ transcript: 'Stay now' }))).not.toBe(same);
});

test('an absent group is unknown, a present one makes its other labels negative', () => {
  const rows = [row({ labels: { genre: ['Horror'] } }), row({ labels: { mood: ['Dark'], genre: [] } })];
  const space = spaceOfRows(rows);
  expect(space.labels.map(({ id }) => id)).toEqual(['genre/horror', 'mood/dark']);
  expect([...targetsOf(rows, space).values]).toEqual([1, Number.NaN, 0, 1]);
});

test('soft labels are probabilities of the labels that they name; hard ones of the group go before them', () => {
  const soft = { mood: { Dark: 0.75, Light: 0.25 } };
  const rows = [row({ soft }), row({ soft, labels: { mood: ['Light', 'Eerie'] } })];
  const targets = targetsOf(rows, spaceOfRows(rows)).values;
  // dark, eerie, light
  expect([...targets]).toEqual([0.75, Number.NaN, 0.25, 0, 1, 1]);
});

test('names of the taxonomy match by id, by name and by what data sets call them; others are listed', async () => {
  const taxonomy = await readTaxonomy(path.join(models, 'taxonomy.json'));
  const mapping = await readMapping(path.join(models, 'label-mapping.json'), taxonomy);
  const space = spaceOfTaxonomy(taxonomy, mapping);
  const named = ['sci-fi', 'genre/horror', 'MUSICAL', 'Sports', 'Telenovela'];
  const { values, unknownNames } = targetsOf([row({ labels: { Genre: named } })], space);
  const found = space.labels.filter((_, j) => values[j] === 1).map(({ id }) => id);
  expect(found.sort()).toEqual(['genre/horror', 'genre/musical', 'genre/science-fiction', 'genre/sport']);
  expect([...unknownNames]).toEqual([['Genre: Telenovela', 1]]);
});

test('slugs keep letters of every script', () => {
  expect(slugOf('  Ciné—Noir! ')).toBe('cine-noir');
  expect(slugOf('ドラマ')).toBe('ドラマ');
});
