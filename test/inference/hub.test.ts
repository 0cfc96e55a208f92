import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsNamed } from '../../src/inference/full-pack.js';
import { Hub } from '../../src/inference/hub.js';
import { readLock } from '../../src/inference/hub-lock.js';
import { modelFolder, pullModel, removeModel, verifyModel } from '../../src/inference/hub-pull.js';
import { COMMIT, type HubStandIn, startHub } from './hub-stand-in.js';

const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
const FILES = {
  'config.json': '{"model_type":"bert"}',
  'model.safetensors': weights,
  '1_Pooling/config.json': '{"pooling_mode_mean_tokens":true}',
  'pytorch_model.bin': 'a pickle',
  'README.md': '# tiny',
};

let hub: HubStandIn;
let modelsFolder: string;
beforeEach(async () => {
  hub = await startHub(FILES);
  modelsFolder = await mkdtemp(path.join(tmpdir(), 'marquee-models-'));
});
afterEach(async () => {
  await hub.close();
  await rm(modelsFolder, { recursive: true });
});

const pull = (
  options: { update?: boolean; token?: string; signal?: AbortSignal; progress?: (done: number) => void } = {},
) =>
  pullModel(
    new Hub({ endpoint: hub.endpoint, token: options.token ?? null }),
    { repository: 'tiny/model', revision: 'main', files: null },
    {
      modelsFolder,
      update: options.update ?? false,
      signal: options.signal ?? new AbortController().signal,
      retryPauseMs: 1,
      progress: (_file, done) => options.progress?.(done),
    },
  );
const pulled = (name: string) => path.join(modelFolder(modelsFolder, 'tiny/model'), name);

test('a pull brings configuration and safetensors, no pickle, and pins commit and checksums', async () => {
  const locked = await pull();
  expect(await readFile(pulled('model.safetensors'))).toEqual(weights);
  expect(Object.keys(locked.files).sort()).toEqual([
    '1_Pooling/config.json',
    'config.json',
    'model.safetensors',
  ]);
  await expect(access(pulled('pytorch_model.bin'))).rejects.toThrow();
  const { models } = await readLock(modelsFolder);
  expect(models['tiny/model']).toMatchObject({ commit: COMMIT, licence: 'mit' });
});

test('a transfer that breaks off goes on where it broke, as often as new bytes come', async () => {
  hub.dropAfter = [0, 0, 100_000, 100_000, 0, 0];
  hub.files.delete('config.json');
  hub.files.delete('1_Pooling/config.json');
  await pull();
  expect(await readFile(pulled('model.safetensors'))).toEqual(weights);
  // How much of a dropped answer arrives is the network's affair: what arrived is never asked for again.
  const offsets = hub.requests.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  expect(offsets.filter((offset) => offset > 0).length).toBeGreaterThanOrEqual(1);
  expect(await readdir(path.dirname(pulled('')))).toHaveLength(2); // the folder and the lock file
});

test('a pull that was given up leaves its bytes for the next one', async () => {
  hub.dropAfter = [1_000_000, 1_000_000, 120_000];
  const given = new AbortController();
  await expect(
    pull({ signal: given.signal, progress: (done) => done >= 100_000 && given.abort() }),
  ).rejects.toMatchObject({
    name: expect.stringMatching(/AbortError|Failure/),
  });
  hub.dropAfter = [];
  await pull();
  expect(hub.requests.at(-1)?.range).toMatch(/^bytes=\d{5,6}-$/);
  expect(await readFile(pulled('model.safetensors'))).toEqual(weights);
});

test('a server that never gets further is given up with a failure that can be retried', async () => {
  hub.dropAfter = new Array(20).fill(0);
  await expect(pull()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', retryable: true });
});

test('bytes that are not what the hub states are deleted and refused', async () => {
  hub.stated.set('model.safetensors', { sha256: 'b'.repeat(64) });
  await expect(pull()).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  expect(await readdir(pulled(''))).not.toContainEqual(expect.stringContaining('safetensors'));
  expect((await readLock(modelsFolder)).models).toEqual({});
});

test.each([
  ['endless description', 'DOWNLOAD_FAILED'],
  ['endless file', 'MODEL_INVALID'],
] as const)('an %s is read no further than the hub may go', async (fault, code) => {
  hub.fault = fault;
  await expect(pull()).rejects.toMatchObject({ code });
  expect(await readdir(modelsFolder, { recursive: true }).catch(() => [])).not.toContainEqual(
    expect.stringContaining('.part'),
  );
});

test('a folder that cannot be written is named, with what to do', async () => {
  await writeFile(path.join(modelsFolder, 'tiny--model'), 'a file is in the way');
  await expect(pull()).rejects.toMatchObject({
    code: 'FOLDER_UNWRITABLE',
    message: expect.stringContaining('MARQUEE_DATA'),
  });
  expect(hub.requests).toEqual([]);
});

test('a model that the disk cannot hold is refused before a byte is fetched', async () => {
  hub.stated.set('model.safetensors', { size: 2 ** 52 });
  await expect(pull()).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(hub.requests).toEqual([]);
});

test('without a network the failure says so and names what works all the same', async () => {
  const { endpoint } = hub;
  await hub.close();
  await expect(pull()).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(endpoint),
  });
  await expect(pull()).rejects.toThrow('compact pack');
  hub = await startHub(FILES);
});

test('a repository with a pickle only is refused with the reason', async () => {
  hub.files.delete('model.safetensors');
  await expect(pull()).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('pickle'),
  });
});

test('a file name that leads out of the model’s folder is refused', async () => {
  hub.files.set('config.json', Buffer.from('{}'));
  const wanted = { repository: 'tiny/model', revision: 'main', files: ['../../evil.json'] };
  hub.files.set('../../evil.json', Buffer.from('{}'));
  const options = {
    modelsFolder,
    update: false,
    signal: new AbortController().signal,
    retryPauseMs: 1,
    progress: () => {},
  };
  await expect(
    pullModel(new Hub({ endpoint: hub.endpoint, token: null }), wanted, options),
  ).rejects.toMatchObject({
    code: 'MODEL_INVALID',
  });
});

test('a model behind an account asks for HF_TOKEN, and comes with it', async () => {
  hub.token = 'secret';
  await expect(pull()).rejects.toMatchObject({
    code: 'FORBIDDEN',
    message: expect.stringContaining('HF_TOKEN'),
  });
  await expect(pull({ token: 'secret' })).resolves.toMatchObject({ commit: COMMIT });
});

test('a second pull fetches nothing, and a damaged file alone again', async () => {
  await pull();
  hub.requests.length = 0;
  await pull();
  expect(hub.requests).toEqual([]);
  await writeFile(pulled('config.json'), '{"model_type":"evil"}');
  await pull();
  expect(hub.requests.map(({ path: name }) => name)).toEqual(['config.json']);
});

test('the same commit with other bytes than were pinned is refused', async () => {
  await pull();
  hub.files.set('model.safetensors', Buffer.concat([weights, Buffer.from('more')]));
  await expect(pull()).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('lock file'),
  });
  await expect(pull({ update: true })).resolves.toMatchObject({ commit: COMMIT });
});

test('verify names the files that changed, and remove leaves neither files nor lock', async () => {
  const locked = await pull();
  expect(await verifyModel(modelsFolder, 'tiny/model', locked)).toEqual([]);
  await writeFile(pulled('model.safetensors'), 'other');
  expect(await verifyModel(modelsFolder, 'tiny/model', locked)).toEqual(['model.safetensors']);
  await removeModel(modelsFolder, 'tiny/model');
  await expect(access(pulled('config.json'))).rejects.toThrow();
  expect((await readLock(modelsFolder)).models).toEqual({});
});

test('names on the command line mean the full pack, a known model or any repository', () => {
  expect(modelsNamed(['full']).map(({ repository }) => repository)).toContain('openai/whisper-base');
  expect(modelsNamed(['whisper-tiny', 'me/my-bert'])).toMatchObject([
    { repository: 'openai/whisper-tiny' },
    { repository: 'me/my-bert' },
  ]);
  expect(() => modelsNamed(['whispr'])).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
});
