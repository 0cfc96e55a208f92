import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readTrainingRows, type TrainingRow } from '../../src/tagging/training-row.js';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'marquee-weak-'));
afterAll(() => rm(folder, { recursive: true }));

function weakLabel(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'weak-label', ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

async function write(name: string, rows: readonly unknown[]): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

const PLOTS = [
  'He swears revenge on the gang that killed his wife, and avenges her in a last vendetta.',
  'Soldiers of the army go to war and die in battle under fire of enemy troops.',
  'A ghost haunts the mansion until a witch lifts the curse of the demon.',
  'Friends plan a wedding, fall in love, kiss and marry.',
];
const rows = Array.from({ length: 40 }, (_, i) => ({ id: `t${i}`, synopsis: PLOTS[i % 4], note: i }));

test('rows come back as they were, with soft labels that their words speak for', async () => {
  const file = await write('rows.jsonl', [
    ...rows,
    { id: 'known', transcript: ['A quiet life.'], synopsis: PLOTS[0], labels: { genre: ['Horror'] } },
  ]);
  const out = path.join(folder, 'soft.jsonl.gz');
  const { code, out: printed } = await weakLabel(file, '--out', out, '--json');
  expect(code).toBe(0);
  const report = JSON.parse(printed) as { rows: number; labels: { label: string; functions: unknown[] }[] };
  expect(report.rows).toBe(41);
  expect(report.labels.find(({ label }) => label === 'theme/revenge')!.functions).toContainEqual(
    expect.objectContaining({ name: 'word vendetta', coverage: 11 / 41, measured: null }),
  );

  const raw = gunzipSync(await readFile(out))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(raw[3]).toMatchObject({ id: 't3', synopsis: PLOTS[3], note: 3 });
  const read: TrainingRow[] = [];
  for await (const row of readTrainingRows([out])) read.push(row);
  const revenge = (place: number) => read[place]!.soft.theme!['theme/revenge']!;
  expect(revenge(0)).toBeGreaterThan(0.5);
  expect(Math.max(revenge(1), revenge(2), revenge(3))).toBeLessThan(0.1);
  const known = read.at(-1)!;
  expect(known.labels).toEqual({ genre: ['Horror'] });
  expect(Object.keys(known.soft).sort()).toEqual(['mood', 'theme']);
  expect(known.soft.theme!['theme/revenge'], 'words of a synopsis beside a transcript').toBeGreaterThan(0.5);
  expect(known.soft.mood!['mood/dark']!).toBeGreaterThan(read[0]!.soft.mood!['mood/dark']!);
});

test('the table names each label with its functions, and what they are worth on labelled rows', async () => {
  const labelled = rows.map((row, i) => ({ ...row, labels: { theme: i % 4 === 0 ? ['Revenge'] : [] } }));
  const { out } = await weakLabel(await write('labelled.jsonl', labelled));
  const lines = out.split('\n');
  const place = lines.findIndex((line) => line.startsWith('theme/revenge'));
  expect(lines[place]).toContain('25.0 % of the labelled');
  expect(lines[place + 1]).toMatch(/word revenge +25\.0 % .* 100\.0 %$/);
});

test('what cannot be read is told with its line and what to do, and nothing is written', async () => {
  const out = path.join(folder, 'never.jsonl');
  const bad = path.join(folder, 'bad.jsonl');
  await writeFile(bad, '{"id":"a","synopsis":"x"}\n{"id":');
  expect(await weakLabel(bad, '--out', out)).toMatchObject({
    code: 2,
    err: expect.stringContaining('line 2'),
  });
  const empty = await write('empty.jsonl', []);
  expect(await weakLabel(empty, '--out', out)).toMatchObject({
    code: 2,
    err: expect.stringContaining('no rows'),
  });
  const wordless = await write('wordless.jsonl', [{ id: 'a' }, { id: 'b', synopsis: '…' }]);
  expect(await weakLabel(wordless, '--out', out)).toMatchObject({
    code: 2,
    err: expect.stringContaining('add transcripts or synopses'),
  });
  expect(await weakLabel(wordless, '--out', folder)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is a folder'),
  });
  expect(await readdir(folder)).not.toContain('never.jsonl');
});
