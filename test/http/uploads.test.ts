import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningServer, runServer } from './running-server.js';

const MOST_BYTES = 200_000;
/** A busy machine takes its time. */
const PATIENCE = { timeout: 15_000 };
let server: RunningServer;
/** What operators are told of faults. */
const faults: string[] = [];
beforeAll(async () => {
  server = await runServer((config) => ({ limits: { ...config.limits, uploadBytes: MOST_BYTES } }), {
    log: pino({ level: 'error' }, { write: (line) => faults.push(line) }),
  });
});
afterAll(() => server.close());

const put = (body: string | Uint8Array<ArrayBuffer>, query = '') =>
  fetch(`${server.url}/uploads${query}`, { method: 'PUT', body, duplex: 'half' } as RequestInit);
const errorOf = async (response: Response) =>
  ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code;

/** Every file below the media store, finished or not. */
async function storedFiles(): Promise<string[]> {
  const folder = path.join(server.config.dataFolder, 'store');
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('PUT /uploads', () => {
  it('stores the file under its hash and gives an id that analyzeTrailer takes', async () => {
    const bytes = randomBytes(MOST_BYTES);
    const contentHash = createHash('sha256').update(bytes).digest('hex');
    const response = await put(bytes, '?fileName=My%20Film.mp4');
    expect(response.status).toBe(201);
    const upload = (await response.json()) as { id: string };
    expect(upload).toEqual({ id: expect.stringMatching(/^upload_/), bytes: MOST_BYTES, contentHash });
    expect(await storedFiles()).toContain(contentHash);
    expect(await server.database.prisma.upload.findUnique({ where: { id: upload.id } })).toMatchObject({
      fileName: 'My Film.mp4',
      bytes: BigInt(MOST_BYTES),
    });
    const { data } = await server.graphql(
      `mutation ($uploadId: ID!, $titleId: ID!) { analyzeTrailer(input: { titleId: $titleId, source: { uploadId: $uploadId } }) {
        analysis { state } errors { code } } }`,
      {
        uploadId: upload.id,
        titleId: (await server.graphql('mutation { createTitle(input: { name: "T" }) { title { id } } }'))
          .data.createTitle.title.id,
      },
    );
    expect(data.analyzeTrailer).toEqual({ analysis: { state: 'QUEUED' }, errors: [] });
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\films\\a.mkv', 'a.mkv'],
    ['a\u0000\u001b[31mb.mp4', 'a[31mb.mp4'],
    ['', 'upload'],
  ])('keeps the name %j for people as %j', async (given, kept) => {
    const response = await put(randomBytes(10), `?fileName=${encodeURIComponent(given)}`);
    const { id } = (await response.json()) as { id: string };
    expect((await server.database.prisma.upload.findUniqueOrThrow({ where: { id } })).fileName).toBe(kept);
  });

  it('refuses a file that says it is too large before reading it', async () => {
    const before = await storedFiles();
    const response = await put(Buffer.alloc(MOST_BYTES + 1));
    expect(response.status).toBe(413);
    expect(await errorOf(response)).toBe('TOO_LARGE');
    expect(await storedFiles()).toEqual(before);
  });

  it('refuses a file that turns out too large while it comes, and leaves none of it', async () => {
    const before = await storedFiles();
    const answer = await new Promise<number | undefined>((resolve) => {
      const sending = request(`${server.url}/uploads`, {
        method: 'PUT',
        headers: { 'transfer-encoding': 'chunked' },
      });
      sending.once('response', (response) => resolve(response.statusCode));
      sending.on('error', () => undefined); // the server closes while we still send
      for (let sent = 0; sent <= MOST_BYTES; sent += 50_000) sending.write(randomBytes(50_000));
      sending.end();
    });
    expect(answer).toBe(413);
    await vi.waitFor(async () => expect(await storedFiles()).toEqual(before), PATIENCE);
  });

  it('leaves nothing of a file whose sender goes away', async () => {
    const before = await storedFiles();
    const uploads = await server.database.prisma.upload.count();
    const sending = request(`${server.url}/uploads`, {
      method: 'PUT',
      headers: { 'content-length': '100000' },
    });
    sending.on('error', () => undefined);
    sending.write(randomBytes(20_000));
    await once(sending, 'socket');
    await vi.waitFor(async () => expect((await storedFiles()).length).toBe(before.length + 1), PATIENCE);
    sending.destroy();
    await vi.waitFor(async () => expect(await storedFiles()).toEqual(before), PATIENCE);
    expect(await server.database.prisma.upload.count()).toBe(uploads);
    expect(faults).toEqual([]);
  });

  it('refuses an empty file', async () => {
    const response = await put('');
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toBe('SOURCE_EMPTY');
  });
});
