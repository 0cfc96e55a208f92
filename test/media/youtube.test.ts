import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { trailerFetcher } from '../../src/media/fetch.js';
import { PUBLIC_NETWORK } from '../../src/media/web-address.js';
import { innertube } from '../../src/media/youtube-innertube.js';
import { youtubeVideoId } from '../../src/media/youtube-link.js';
import type { YoutubeProvider } from '../../src/media/youtube-provider.js';
import { ytdl } from '../../src/media/youtube-ytdl.js';
import { ytdlp } from '../../src/media/youtube-ytdlp.js';
import { children, LIMITS, removeFolder, testFolder } from './made.js';

const ID = 'eRsGyueVLvQ';
const PATH = process.env.PATH;
let folder: string;
let storeFolder: string;

beforeEach(async () => {
  folder = await testFolder('youtube');
  storeFolder = path.join(folder, 'store');
});
afterEach(async () => {
  process.env.PATH = PATH;
  await removeFolder(folder);
});
afterAll(async () => expect(await children()).toEqual([]));

/** Puts a program named yt-dlp first on the PATH that speaks as the real one does. */
async function standIn(body: string, version = '2025.11.12'): Promise<void> {
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit 0; }\nprintf '%s\\n' "$@" > ${folder}/args\n${body}\n`;
  await writeFile(path.join(bin, 'yt-dlp'), script);
  await chmod(path.join(bin, 'yt-dlp'), 0o755);
  process.env.PATH = `${bin}:${PATH}`;
}

function fetch(
  providers: YoutubeProvider[],
  options: { url?: string; signal?: AbortSignal; progress?: (share: number) => void } = {},
) {
  const { url = `https://youtu.be/${ID}`, signal = new AbortController().signal, progress } = options;
  const fetchTrailer = trailerFetcher({ network: PUBLIC_NETWORK, youtubeProviders: providers });
  return fetchTrailer(
    { kind: 'URL', url },
    {
      mediaRoots: [],
      storeFolder,
      findUpload: async () => null,
      limits: LIMITS,
      signal,
      ...(progress ? { progress } : {}),
    },
  );
}

test.each([
  [`https://www.youtube.com/watch?v=${ID}`, ID],
  [`https://www.youtube.com/watch?list=PL1&v=${ID}&t=3s`, ID],
  [`https://m.youtube.com/watch?v=${ID}`, ID],
  [`https://youtu.be/${ID}?si=abc`, ID],
  [`https://www.youtube.com/shorts/${ID}`, ID],
  [`https://www.youtube.com/embed/${ID}?rel=0`, ID],
  [`https://www.youtube-nocookie.com/embed/${ID}`, ID],
  ['https://www.youtube.com/watch?v=--exec=touch', null],
  ['https://www.youtube.com/@channel', null],
  [`https://youtube.com.evil.example/watch?v=${ID}`, null],
  ['no address', null],
])('%s names video %s', (link, id) => {
  expect(youtubeVideoId(link)).toBe(id);
});

describe('yt-dlp', () => {
  const success = `echo '[download]  42.0% of 1.00MiB at 1.00MiB/s ETA 00:01'
echo film > video.mkv
printf 'WEBVTT\\n\\n00:01.000 --> 00:02.000\\nHello\\n' > video.en.vtt
printf '{"id":"${ID}","title":"Sintel: \\\\u201cTrailer\\\\u201d","filepath":"%s/video.mkv"}\\n' "$PWD"`;

  test('brings the video, its title and its captions into the store', async () => {
    await standIn(success);
    const shares: number[] = [];
    const fetched = await fetch([ytdlp], { progress: (share) => shares.push(share) });
    expect(fetched).toMatchObject({
      name: 'Sintel: “Trailer”',
      bytes: 5,
      captions: [{ language: 'en', origin: 'PLATFORM' }],
    });
    expect(await readFile(fetched.path, 'utf8')).toBe('film\n');
    expect(await readFile(fetched.captions[0]?.path ?? '', 'utf8')).toContain('Hello');
    expect(shares).toContain(0.42);
    expect((await readdir(storeFolder)).toSorted()).toEqual(
      [`${path.basename(fetched.captions[0]?.path ?? '')}`, fetched.contentHash].toSorted(),
    );
  });

  test('is given the video’s address behind the end of options, and a JavaScript runtime', async () => {
    await standIn(success);
    await fetch([ytdlp]);
    const args = (await readFile(path.join(folder, 'args'), 'utf8')).trim().split('\n');
    expect(args.slice(-2)).toEqual(['--', `https://www.youtube.com/watch?v=${ID}`]);
    expect(args).toContain(`node:${process.execPath}`);
    expect(args).toContain('--ignore-config');
  });

  test('that fails lets the next provider try; when all fail the user is told to upload the file', async () => {
    await standIn("echo 'ERROR: [youtube] Sign in to confirm you are not a bot' >&2; exit 1");
    const failing: YoutubeProvider = {
      name: 'other',
      unavailable: async () => null,
      fetch: async () => Promise.reject(new Error('no luck')),
    };
    const error = await fetch([ytdlp, failing]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', retryable: true });
    expect((error as Error).message).toMatch(/upload the file.*Sign in.*no luck/s);
    expect(await readdir(storeFolder)).toEqual([]);
  });

  test('that is too old is not asked', async () => {
    await standIn(success, '2024.08.06');
    await expect(fetch([ytdlp])).rejects.toMatchObject({
      message: expect.stringContaining('older than 2025.11.12'),
    });
  });

  test('that leaves a video out says that it is too long or too large', async () => {
    await standIn("echo '[download] video does not pass filter, skipping ..'");
    await expect(fetch([ytdlp])).rejects.toMatchObject({ code: 'DOWNLOAD_TOO_LARGE' });
  });

  test('is killed with its helpers when the job is cancelled', async () => {
    await standIn("sleep 60 & echo '[download]  1.0% of x'; wait");
    const controller = new AbortController();
    const work = fetch([ytdlp], { signal: controller.signal, progress: () => controller.abort() });
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readdir(storeFolder)).toEqual([]);
  });
});

test('youtubei.js brings the stream that it is given', async () => {
  const provider = innertube(async () => ({
    getBasicInfo: async () => ({
      basic_info: { title: 'Sintel', duration: 52 },
      download: async () => new Response('film').body as ReadableStream<Uint8Array>,
    }),
  }));
  expect(await fetch([provider])).toMatchObject({ name: 'Sintel', bytes: 4 });
});

test('ytdl-core brings the stream that it is given', async () => {
  const provider = ytdl(async () => ({
    getInfo: async () => ({ videoDetails: { title: 'Sintel', lengthSeconds: '52' }, player_response: {} }),
    downloadFromInfo: () => Readable.from([Buffer.from('film')]),
  }));
  expect(await fetch([provider])).toMatchObject({ name: 'Sintel', bytes: 4 });
});

test('a YouTube link that names no video is refused before anybody is asked', async () => {
  await expect(fetch([], { url: 'https://www.youtube.com/@channel' })).rejects.toMatchObject({
    code: 'URL_INVALID',
  });
});
