import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';

const cli = path.join(import.meta.dirname, '../../dist/cli.js');
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await mkdir(database.config.dataFolder, { recursive: true });
});
afterAll(() => database.close());

const marquee = (...args: string[]) =>
  execa(process.execPath, [cli, ...args], {
    env: { DATABASE_URL: database.url, MARQUEE_DATA: database.config.dataFolder },
    reject: false,
  });

test('import takes the usable rows of a file, updates what it has, and names the line of each row it leaves out', async () => {
  const file = path.join(database.config.dataFolder, 'films.jsonl');
  const films = Array.from({ length: 1004 }, (_, i) => ({
    page: `film-${i}`,
    title: i === 1001 ? '' : `Film ${i}`,
    year: 1990,
    extract: 'A ghost haunts the house of a lonely detective.',
  }));
  films[1002]!.page = 'film-7';
  films[1003]!.page = 'film-1000';
  await writeFile(file, films.map((film) => JSON.stringify(film)).join('\n'));
  const first = await marquee('import', file, '--json');
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ rows: 1004, created: 1001, updated: 0, refused: 3 });
  expect(report.reasons).toEqual([
    expect.stringMatching(/^line 1002: /),
    // Row 8 was in another call.
    'line 1003: An earlier row has the external id import film-7, too: keep one of the two.',
    'line 1004: An earlier row has the external id import film-1000, too: keep one of the two.',
  ]);
  await writeFile(
    file,
    films
      .slice(999)
      .map((film) => JSON.stringify(film))
      .join('\n'),
  );
  const again = await marquee('import', file, '--map', 'name=title,id=page');
  expect(again.stdout).toContain('5 rows: 0 titles created, 3 updated, 2 left out');
}, 120_000);

test('import of a file whose columns nobody knows says how to name them', async () => {
  const file = path.join(database.config.dataFolder, 'odd.jsonl');
  await writeFile(file, '{"Titel": "Das Boot"}');
  expect(await marquee('import', file)).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining('--map name=title,id=page'),
  });
}, 60_000);

test('import of a file in another encoding names the line, and how to save it', async () => {
  const file = path.join(database.config.dataFolder, 'western.jsonl');
  await writeFile(file, Buffer.from('{"id": "a", "name": "A"}\n{"id": "b", "name": "Ärger"}', 'latin1'));
  expect(await marquee('import', file)).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(/western\.jsonl is not in UTF-8 at line 2: save it as UTF-8/),
  });
}, 60_000);
