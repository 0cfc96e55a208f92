import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelsOf, readMapping, readTaxonomy } from '../../src/tagging/taxonomy.js';

const shipped = (name: string) => path.join(import.meta.dirname, '../../models', name);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-taxonomy-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A shipped file with one thing changed. */
async function changed(name: string, from: string, to: string): Promise<string> {
  const text = await readFile(shipped(name), 'utf8');
  expect(text).toContain(from);
  const file = path.join(folder, `${to.replace(/\W/g, '')}-${name}`);
  await writeFile(file, text.replace(from, to));
  return file;
}

test("the shipped taxonomy has the prototype's thirteen labels, and groups of about 20, 14 and 18", async () => {
  const taxonomy = await readTaxonomy(shipped('taxonomy.json'));
  const ids = labelsOf(taxonomy).map(({ id }) => id);
  expect(ids).toEqual(
    expect.arrayContaining(
      ['action', 'drama', 'comedy', 'thriller']
        .map((name) => `genre/${name}`)
        .concat(
          ['dark', 'uplifting', 'intense', 'light'].map((name) => `mood/${name}`),
          ['revenge', 'family', 'survival', 'friendship', 'crime'].map((name) => `theme/${name}`),
        ),
    ),
  );
  expect(taxonomy.groups.map(({ kind, labels }) => [kind, labels.length])).toEqual([
    ['GENRE', 21],
    ['MOOD', 14],
    ['THEME', 18],
  ]);
});

test('every label can be learned: a genre, a tag or its own words stand for it', async () => {
  const taxonomy = await readTaxonomy(shipped('taxonomy.json'));
  const mapping = await readMapping(shipped('label-mapping.json'), taxonomy);
  const reached = new Set(
    [...Object.values(mapping.genre), ...Object.values(mapping.tag), mapping.words].flat(),
  );
  expect(labelsOf(taxonomy).filter(({ id }) => !reached.has(id))).toEqual([]);
});

test('a mapping to a label that does not exist is refused by name', async () => {
  const taxonomy = await readTaxonomy(shipped('taxonomy.json'));
  const file = await changed('label-mapping.json', '"theme/revenge"', '"theme/vengeance"');
  await expect(readMapping(file, taxonomy)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('theme/vengeance'),
  });
});

test('a label that occurs twice is refused by name', async () => {
  const file = await changed('taxonomy.json', '"theme/revenge"', '"theme/family"');
  await expect(readTaxonomy(file)).rejects.toMatchObject({
    message: expect.stringContaining('theme/family occurs twice'),
  });
});

test('a label in a group that is not its own is refused', async () => {
  const file = await changed('taxonomy.json', '"theme/revenge"', '"mood/revenge"');
  await expect(readTaxonomy(file)).rejects.toMatchObject({
    message: expect.stringContaining('mood/revenge'),
  });
});

test('a label without a definition is refused', async () => {
  const file = await changed('taxonomy.json', '"definition": "Someone', '"meaning": "Someone');
  await expect(readTaxonomy(file)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
});
