import { expect, test } from 'vitest';
import { type ExportRow, formatExport } from '../../src/discovery/export.js';

async function* rows(): AsyncGenerator<ExportRow> {
  yield { id: 'title_1', name: 'He said "no", twice', year: 1952, pinned: true };
  yield { id: 'title_2', name: '=SUM(A1:A9)', year: null, pinned: false };
}

async function textOf(format: 'jsonl' | 'csv'): Promise<string> {
  let text = '';
  for await (const line of formatExport(rows(), format)) text += line;
  return text;
}

test('JSON Lines give back every value', async () => {
  const lines = (await textOf('jsonl')).trimEnd().split('\n');
  const expected: ExportRow[] = [];
  for await (const row of rows()) expected.push(row);
  expect(lines.map((line) => JSON.parse(line))).toEqual(expected);
});

test('CSV quotes what it must, and keeps spreadsheets from running a name', async () => {
  expect(await textOf('csv')).toBe(
    'id,name,year,pinned\r\ntitle_1,"He said ""no"", twice",1952,true\r\ntitle_2,\'=SUM(A1:A9),,false\r\n',
  );
});
