import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { offerFullPack } from '../../src/cli/full-pack-offer.js';
import { readConfig } from '../../src/config.js';
import { Failure } from '../../src/failure.js';
import { type HubStandIn, startHub } from '../inference/hub-stand-in.js';

let hub: HubStandIn;
let folder: string;
beforeEach(async () => {
  hub = await startHub({});
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-offer-'));
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

/** What is said to somebody who answers so. */
async function offer(answer: string, pull: () => Promise<void>, endpoint = hub.endpoint): Promise<string> {
  const config = readConfig({ MARQUEE_DATA: folder, HF_ENDPOINT: endpoint });
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.write(`${answer}\n`);
  await offerFullPack(config, { input, output }, pull);
  output.end();
  return text(output);
}

test('somebody at a terminal sees the licences, says yes, and the full pack is pulled', async () => {
  const pull = vi.fn(async () => {});
  const said = await offer('y', pull);
  expect(said).toContain('openai/whisper-base, licence apache-2.0');
  expect(said).toContain('not for commercial use');
  expect(pull).toHaveBeenCalledOnce();
});

test('a no is remembered: the question is not asked again', async () => {
  const pull = vi.fn(async () => {});
  expect(await offer('', pull)).toContain('Pull it now?');
  expect(await offer('y', pull)).toBe('');
  expect(pull).not.toHaveBeenCalled();
});

test('without a network there is one line and no question', async () => {
  const pull = vi.fn(async () => {});
  const said = await offer('y', pull, 'http://127.0.0.1:9');
  expect(said.trim().split('\n')).toEqual([expect.stringContaining('cannot be reached')]);
  expect(pull).not.toHaveBeenCalled();
});

test('a pull that fails says why, and the server can start with the compact pack', async () => {
  const said = await offer('yes', async () => {
    throw new Failure('DOWNLOAD_FAILED', 'The hub went away.');
  });
  expect(said).toContain('The hub went away. Marquee uses the compact pack');
});

test('nobody is asked where there is no terminal, or where a pack was chosen', async () => {
  const pull = vi.fn(async () => {});
  await offerFullPack(readConfig({ MARQUEE_DATA: folder, HF_ENDPOINT: hub.endpoint }), null, pull);
  const chosen = readConfig({ MARQUEE_DATA: folder, HF_ENDPOINT: hub.endpoint, MARQUEE_PACK: 'compact' });
  const [input, output] = [new PassThrough(), new PassThrough()];
  await offerFullPack(chosen, { input, output }, pull);
  expect(pull).not.toHaveBeenCalled();
  expect(output.read()).toBeNull();
});
