import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePack, setsOfSessions } from '../../src/chosen-pack.js';
import { readConfig } from '../../src/config.js';
import { writeTinyPack } from './tiny-pack.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-pack-'));
  await writeTinyPack(path.join(folder, 'pulled', 'models'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const choose = (data: 'pulled' | 'empty', env: NodeJS.ProcessEnv = {}) =>
  choosePack(readConfig({ MARQUEE_DATA: data, MARQUEE_DEVICE: 'cpu', ...env }, folder));

describe('the pack', () => {
  it('is the full one where its models were pulled', async () => {
    const { identity, encoderThreads } = await choose('pulled');
    expect(identity).toMatchObject({
      id: 'full',
      classifier: expect.stringMatching(/^zero-shot@[0-9a-f]{12}$/),
      recogniser: expect.stringMatching(/^openai\/whisper-base@[0-9a-f]{12} energy$/),
      files: { device: 'cpu', precision: 'int8' },
    });
    expect(encoderThreads).toBeGreaterThan(0);
  });

  it('is the compact one elsewhere, with what would bring the full one', async () => {
    const { identity, reason } = await choose('empty');
    expect(identity.id).toBe('compact');
    expect(reason).toContain('marquee models pull full');
  });

  it('is refused when it was asked for and is not there', async () => {
    await expect(choose('empty', { MARQUEE_PACK: 'full' })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('marquee models pull full'),
    });
  });

  it('is the compact one where that is asked for, pulled models or not', async () => {
    expect((await choose('pulled', { MARQUEE_PACK: 'compact' })).identity.id).toBe('compact');
  });

  it('names a model that MARQUEE_MODELS wants and nobody pulled', async () => {
    await expect(choose('pulled', { MARQUEE_MODELS: 'me/my-whisper' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('me/my-whisper'),
    });
  });

  it('has other names for its encoders and its classifier once a file of theirs is another one', async () => {
    const models = path.join(folder, 'other', 'models');
    await writeTinyPack(models, 9);
    const config = readConfig({ MARQUEE_DATA: 'other', MARQUEE_DEVICE: 'cpu' }, folder);
    const [before, after] = [(await choose('pulled')).identity, (await choosePack(config)).identity];
    expect(after.encoders[0]).not.toBe(before.encoders[0]);
    expect(after.classifier).not.toBe(before.classifier);
  });

  it('does without a model whose file is not as long as the lock says', async () => {
    const models = path.join(folder, 'broken', 'models');
    await writeTinyPack(models);
    await appendFile(path.join(models, 'MCG-NJU--videomae-base', 'model.safetensors'), 'x');
    await appendFile(path.join(models, 'openai--whisper-base', 'model.safetensors'), 'x');
    const { identity, reason } = await choosePack(readConfig({ MARQUEE_DATA: 'broken' }, folder));
    expect(identity.id).toBe('compact');
    expect(reason).toContain('no speech recogniser');
  });
});

describe('sets of sessions', () => {
  it('are as many as the memory holds and the cores keep busy, and one always', () => {
    expect(setsOfSessions({ cores: 16, bytes: 100, setBytes: 10 })).toBe(8);
    expect(setsOfSessions({ cores: 16, bytes: 35, setBytes: 10 })).toBe(3);
    expect(setsOfSessions({ cores: 2, bytes: 100, setBytes: 10 })).toBe(1);
    expect(setsOfSessions({ cores: 1, bytes: 5, setBytes: 10 })).toBe(1);
  });
});
