import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replaceFolder } from '../../src/media/replace-folder.js';
import { removeFolder, testFolder } from './made.js';

let folder: string;
let target: string;
beforeAll(async () => {
  folder = await testFolder('replace');
  target = path.join(folder, 'thumbnails');
});
afterAll(() => removeFolder(folder));

/** Ten files that all say whose they are, written in turns with everybody else's. */
const fillAs = (name: string) => async (own: string) => {
  for (let i = 0; i < 10; i++) await writeFile(path.join(own, `${i}.jpg`), name);
};

test('twenty writers of one folder at once leave one writer’s files, whole, and nothing else', async () => {
  const writers = Array.from({ length: 20 }, (_, i) => replaceFolder(target, fillAs(`writer ${i}`)));
  await Promise.all(writers);
  const names = await readdir(target);
  const owners = await Promise.all(names.map((name) => readFile(path.join(target, name), 'utf8')));
  expect(names).toHaveLength(10);
  expect(new Set(owners).size).toBe(1);
  expect(await readdir(folder)).toEqual(['thumbnails']);
});

test('a writer that fails leaves the folder as it was', async () => {
  await replaceFolder(target, fillAs('first'));
  const failing = replaceFolder(target, async (own) => {
    await fillAs('second')(own);
    throw new Error('full');
  });
  await expect(failing).rejects.toThrow('full');
  expect(await readFile(path.join(target, '0.jpg'), 'utf8')).toBe('first');
  expect(await readdir(folder)).toEqual(['thumbnails']);
});
