import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

test('marquee --version tells the version of the package', async () => {
  const { stdout } = await execa(process.execPath, [path.join(root, 'dist/cli.js'), '--version']);
  expect(stdout).toBe(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')).version);
});
