import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { startHub } from '../inference/hub-stand-in.js';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const hub = await startHub({ 'config.json': '{}', 'model.safetensors': 'weights', 'README.md': '' });
const data = await mkdtemp(path.join(tmpdir(), 'marquee-cli-'));
afterAll(async () => {
  await hub.close();
  await rm(data, { recursive: true });
});

const environment = { ...process.env, MARQUEE_DATA: data, HF_ENDPOINT: hub.endpoint };

function models(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'models', ...args], { env: environment }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('pull shows the licence, verify finds a changed file, remove takes the model away', async () => {
  const pulled = await models('pull', 'tiny/model');
  expect(pulled).toMatchObject({ code: 0, out: '' });
  expect(pulled.err).toContain('tiny/model: licence');
  const { models: listed } = JSON.parse((await models('list', '--json')).out);
  expect(listed).toContainEqual(
    expect.objectContaining({ repository: 'tiny/model', licence: 'mit', commit: hub.commit }),
  );

  expect((await models('verify')).code).toBe(0);
  await writeFile(path.join(data, 'models/tiny--model/config.json'), '{"other":1}');
  expect(await models('verify')).toMatchObject({ code: 1, out: expect.stringContaining('config.json') });

  expect((await models('remove', 'tiny/model')).err).toBe('tiny/model is gone.\n');
  expect((await models('remove', 'tiny/model')).err).toBe('tiny/model was not here.\n');
  expect((await models('verify')).err).toContain('No model was pulled');
});

test('a pull that is interrupted says how it goes on', async () => {
  hub.fault = 'silent weights';
  const child = spawn(process.execPath, [cli, 'models', 'pull', 'tiny/model'], { env: environment });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    if (!child.killed && err.includes('config.json:')) child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  hub.fault = null;
  expect(code).toBe(130);
  expect(err).toMatch(/marquee: The pull was stopped: .*goes on from there\.\n$/);
});

test('the non-commercial licence is said before VideoMAE is fetched, with the way without it', async () => {
  const { err } = await models('pull', 'videomae-base');
  expect(err).toContain('cc-by-nc-4.0');
  expect(err).toContain('not for commercial use');
  expect(err).toContain('cinematic features');
});
