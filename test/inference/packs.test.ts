import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  fingerprint,
  nameModel,
  type PackManifest,
  verifyPack,
  writeManifest,
} from '../../src/inference/packs.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-pack-'));
  await writeFile(path.join(folder, 'weights.bin'), 'weights');
  const name = nameModel('compact-text', ['a']);
  const manifest: PackManifest = {
    id: 'compact',
    version: 1,
    models: { TEXT: name, PICTURE: name, SOUND: name, HEAD: name, FUSED: name },
    files: { 'weights.bin': await fingerprint(path.join(folder, 'weights.bin')) },
    data: {},
    code: '0'.repeat(64),
    seed: 1,
    figures: {},
  };
  await writeManifest(folder, manifest);
});
afterEach(() => rm(folder, { recursive: true }));

test('a pack whose files are as listed is accepted', async () => {
  expect((await verifyPack(folder)).id).toBe('compact');
});

test('a pack with one changed byte is refused by name', async () => {
  await writeFile(path.join(folder, 'weights.bin'), 'weightz');
  await expect(verifyPack(folder)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('weights.bin differs'),
  });
});

test('a pack with a missing file is refused by name', async () => {
  await rm(path.join(folder, 'weights.bin'));
  await expect(verifyPack(folder)).rejects.toMatchObject({
    message: expect.stringContaining('weights.bin is missing'),
  });
});

test('a manifest that is not as documented is refused', async () => {
  await writeFile(path.join(folder, 'manifest.json'), '{"id": "compact"}');
  await expect(verifyPack(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
});

test('a model is named by its parts: other parts, another name', () => {
  expect(nameModel('compact-head', ['a', 'b'])).toMatch(/^compact-head@[0-9a-f]{12}$/);
  expect(nameModel('compact-head', ['a', 'b'])).not.toBe(nameModel('compact-head', ['b', 'a']));
});
