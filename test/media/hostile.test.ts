import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { mulberry32 } from '../../bench/media/films.js';
import { Failure, type FailureCode } from '../../src/failure.js';
import { decodeTrailer } from '../../src/media/decode.js';
import { fetchTrailer } from '../../src/media/fetch.js';
import { probeTrailer } from '../../src/media/probe.js';
import { children, ffmpeg, LIMITS, lavfi, probeAndDecode, removeFolder, testFolder } from './made.js';

// Many starts of ffmpeg, which a busy machine makes slow.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let good: string;
let connections = 0;
let server: Server;
let port: number;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await testFolder('hostile');
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  good = file('good.mp4');
  await ffmpeg(
    ...lavfi(1, { size: '160x90' }),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '10',
    '-c:a',
    'aac',
    '-movflags',
    '+faststart',
    good,
  );
});
afterEach(async () => {
  expect(await children()).toEqual([]);
  expect(connections).toBe(0);
});
afterAll(async () => {
  server.close();
  await removeFolder(folder);
});

/** Fetches, probes and decodes a local file as an analysis does. */
async function analyse(name: string): Promise<Awaited<ReturnType<typeof probeAndDecode>>> {
  const signal = new AbortController().signal;
  const fetched = await fetchTrailer(
    { kind: 'PATH', path: name },
    {
      mediaRoots: [folder],
      storeFolder: file('store'),
      findUpload: async () => null,
      limits: LIMITS,
      signal,
    },
  );
  return probeAndDecode(fetched.path, file('job'), signal);
}

/** What a hostile file may lead to: a failure of its own, with what to do, and nothing left behind. */
async function refusal(name: string): Promise<FailureCode> {
  await removeFolder(file('job'));
  const before = await readdir(folder);
  const error = await analyse(name).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).message).toMatch(/(Send|Choose|Check|Give|Move|Export|Upload|upload)\b/i);
  expect(await readdir(folder)).toEqual(before);
  return (error as Failure).code;
}

const ascii = (text: string) => () => Buffer.from(text);

describe('bad input', () => {
  const table: [string, string, FailureCode, (() => Buffer | Promise<Buffer>) | null][] = [
    ['a file that is missing', 'missing.mp4', 'SOURCE_NOT_FOUND', null],
    ['a path outside the roots', '/etc/passwd', 'SOURCE_OUTSIDE_ROOTS', null],
    ['a path that climbs out', '../../etc/passwd', 'SOURCE_OUTSIDE_ROOTS', null],
    ['a path with a zero byte', 'a\0.mp4', 'BAD_INPUT', null],
    ['zero bytes', 'empty.mp4', 'SOURCE_EMPTY', () => Buffer.alloc(0)],
    ['noise', 'noise.mp4', 'MEDIA_UNREADABLE', () => randomBytes(20_000)],
    ['prose', 'prose.mp4', 'MEDIA_UNREADABLE', ascii('It was a dark and stormy night.\n'.repeat(50))],
    ['an HLS playlist', 'hls.mp4', 'MEDIA_FORMAT_FORBIDDEN', () => Buffer.from(`#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:${port}/a.ts\n`)],
    ['an HLS playlist behind blank lines', 'hls2.mp4', 'MEDIA_FORMAT_FORBIDDEN', () => Buffer.from(`\n\n#EXTM3U\nfile:///etc/passwd\n`)],
    ['a DASH manifest', 'dash.mp4', 'MEDIA_FORMAT_FORBIDDEN', () => Buffer.from(`<?xml version="1.0"?>\n<MPD><BaseURL>http://127.0.0.1:${port}/</BaseURL></MPD>`)],
    ['a concat script', 'concat.mp4', 'MEDIA_FORMAT_FORBIDDEN', ascii("ffconcat version 1.0\nfile '/etc/passwd'\n")],
    ['a concat script without its head', 'concat2.mp4', 'MEDIA_FORMAT_FORBIDDEN', ascii("file '/etc/passwd'\n")],
    ['an SVG', 'svg.mp4', 'MEDIA_FORMAT_FORBIDDEN', () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:${port}/"/></svg>`)],
    ['a web page', 'page.mp4', 'MEDIA_FORMAT_FORBIDDEN', ascii('<!doctype html><title>x</title>')],
    ['a zip bomb', 'bomb.mp4', 'MEDIA_FORMAT_FORBIDDEN', () => Buffer.concat([Buffer.from('PK\x03\x04'), gzipSync(Buffer.alloc(50_000_000))])],
    ['a gzip bomb', 'bomb.gz', 'MEDIA_FORMAT_FORBIDDEN', () => gzipSync(Buffer.alloc(50_000_000))],
    ['a picture', 'still.png', 'MEDIA_FORMAT_FORBIDDEN', async () => { await ffmpeg(...lavfi(1), '-frames:v', '1', '-map', '0:v', file('made.png')); return readFile(file('made.png')); }],
    ['subtitles alone', 'words.vtt', 'MEDIA_FORMAT_FORBIDDEN', ascii('WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n')],
    ['a head without a body', 'head.mp4', 'MEDIA_NO_STREAMS', async () => (await readFile(good)).subarray(0, 40)],
    ['more than 12 hours', 'long.mkv', 'MEDIA_TOO_LONG', longFilm],
    ['a header that claims nothing, and five hours', 'unfinished.mkv', 'MEDIA_TOO_LONG', unfinishedFilm],
    ['an HLS playlist behind an ID3 tag', 'hls3.mp4', 'MEDIA_UNREADABLE', () => Buffer.from(`ID3\x03\0\0\0\0\0\0#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`)],
    ['an HLS playlist behind an ID3 tag, of a film of this folder', 'hls4.mp4', 'MEDIA_UNREADABLE', () => Buffer.from(`ID3\x03\0\0\0\0\0\0#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://${good}\n#EXT-X-ENDLIST\n`)],
    ['headers that claim 16383 × 16383', 'claimed.webm', 'MEDIA_TOO_LARGE', claimedPicture],
    ['a real picture of 16000 × 16000', 'huge.mov', 'MEDIA_TOO_LARGE', hugePicture],
  ]; // biome-ignore format: a table

  test.each(table)('%s (%s) fails with %s', async (_what, name, code, make) => {
    if (make) await writeFile(file(name), await make());
    expect(await refusal(name)).toBe(code);
  });

  test('a folder, and a link that leads outside, are refused', async () => {
    await mkdir(file('folder.mp4'));
    await symlink('/etc/passwd', file('link.mp4'));
    expect(await refusal('folder.mp4')).toBe('SOURCE_NOT_A_FILE');
    expect(await refusal('link.mp4')).toBe('SOURCE_OUTSIDE_ROOTS');
  });

  test('names that look like options, patterns, protocols and scripts are only names', async () => {
    for (const name of [
      '-i.mp4',
      '%03d.mp4',
      'concat:a|b.mp4',
      "it's; $(touch x) `x`.mp4",
      'http:__x.mp4',
      'ü\n.mp4',
    ]) {
      await copyFile(good, file(name));
      expect((await analyse(`./${name}`)).shots).toHaveLength(1);
    }
    expect(await readdir(folder)).not.toContain('x');
  });
});

async function longFilm(): Promise<Buffer> {
  const [made] = [file('made.mkv')];
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'color=s=16x16:r=1/600:d=46800',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    made,
  );
  return readFile(made);
}

/** Ten pictures and two sounds, hours apart, in a file that was never finished: its silence alone would take 1 GB. */
async function unfinishedFilm(): Promise<Buffer> {
  const made = file('made-unfinished.mkv');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'color=s=64x36:r=1/1800:d=18000', '-f', 'lavfi', '-i', 'sine=duration=1'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'matroska', '-live', '1', made],
  );
  return readFile(made);
}

/** 256 million pixels in 1.5 MB. */
async function hugePicture(): Promise<Buffer> {
  const made = file('made.mov');
  const grey = 'color=gray:s=16000x16000:r=1:d=1,format=yuvj420p';
  await ffmpeg('-f', 'lavfi', '-i', grey, '-frames:v', '1', '-threads', '1', '-c:v', 'mjpeg', made);
  return readFile(made);
}

/** A small VP8 film whose headers, the container's and each key frame's, claim 16383 × 16383. */
async function claimedPicture(): Promise<Buffer> {
  const made = file('made.webm');
  await ffmpeg(...lavfi(1, { size: '256x256' }), '-map', '0:v', '-c:v', 'libvpx', '-g', '1', made);
  const bytes = await readFile(made);
  const side = Buffer.from([0xff, 0x3f]);
  for (let at = bytes.indexOf('9d012a', 0, 'hex'); at >= 0; at = bytes.indexOf('9d012a', at + 1, 'hex')) {
    side.copy(bytes, at + 3);
    side.copy(bytes, at + 5);
  }
  // Matroska's PixelWidth (B0) and PixelHeight (BA), two bytes each, big-endian.
  for (const element of ['b0820100', 'ba820100'])
    bytes.writeUInt16BE(0x3fff, bytes.indexOf(element, 0, 'hex') + 2);
  return bytes;
}

describe('damaged files end in an answer or in a failure of their own', () => {
  const CODES = new Set<FailureCode>([
    'MEDIA_UNREADABLE',
    'MEDIA_DECODE_FAILED',
    'MEDIA_NO_STREAMS',
    'MEDIA_FORMAT_FORBIDDEN',
    'MEDIA_TOO_LONG',
    'MEDIA_TOO_LARGE',
    'SOURCE_EMPTY',
  ]);

  async function survives(name: string): Promise<void> {
    try {
      const decoded = await analyse(name);
      expect(decoded.shots.every((shot) => shot.endSeconds > shot.startSeconds)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      expect(CODES).toContain((error as Failure).code);
    }
  }

  test('truncated at 20 places', async () => {
    const { size } = await stat(good);
    for (let place = 0; place < 20; place++) {
      await copyFile(good, file('cut.mp4'));
      await truncate(file('cut.mp4'), Math.floor((size * place) / 20));
      await survives('cut.mp4');
    }
  }, 120_000);

  // All light is even, all detail in the colours: such a film is worth no thumbnail, whose encoder sees nothing of a
  // stranger's bytes, and spares each copy a process.
  test('200 copies with flipped bits', async () => {
    const film = file('even.mp4');
    await ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=s=64x36:r=25:d=0.4,lutyuv=y=128'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=0.4'],
      ...['-c:v', 'libx264', '-g', '5', '-c:a', 'aac', '-movflags', '+faststart', film],
    );
    const bytes = await readFile(film);
    const random = mulberry32(11);
    const copies = Array.from({ length: 200 }, (_, i) => {
      const copy = Buffer.from(bytes);
      // Half of them in the headers, where it hurts most.
      const reach = i % 2 === 0 ? bytes.indexOf('mdat') : copy.length;
      for (let flip = 0; flip < 8; flip++) {
        const at = Math.floor(random() * reach);
        copy[at] = (copy[at] as number) ^ (1 << Math.floor(random() * 8));
      }
      return copy;
    });
    const twoAtATime = [0, 1].map(async (lane) => {
      for (let copy = copies.pop(); copy !== undefined; copy = copies.pop()) {
        await writeFile(file(`flip${lane}.mp4`), copy);
        await survivesIn(`flip${lane}.mp4`, file(`job${lane}`));
      }
    });
    await Promise.all(twoAtATime);

    async function survivesIn(name: string, job: string): Promise<void> {
      const signal = new AbortController().signal;
      try {
        const facts = await probeTrailer(file(name), { limits: LIMITS, signal });
        await decodeTrailer({ path: file(name), facts, folder: job, sidecars: [] }, { signal });
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(CODES).toContain((error as Failure).code);
      }
    }
  }, 600_000);
});

describe('odd but allowed', () => {
  test('sound alone is taken and has no shots', async () => {
    await ffmpeg(...lavfi(2), '-map', '1:a', file('sound.m4a'));
    const decoded = await analyse('sound.m4a');
    expect(decoded).toMatchObject({
      decodePath: 'NO_PICTURE',
      shots: [],
      frames: null,
      sound: { state: 'PRESENT' },
    });
  });

  test('picture alone is taken and its sound is marked missing', async () => {
    await ffmpeg(...lavfi(2), '-map', '0:v', '-c:v', 'libx264', file('mute.mp4'));
    expect((await analyse('mute.mp4')).sound).toMatchObject({ state: 'MISSING' });
  });

  test('one frame is one shot', async () => {
    await ffmpeg(...lavfi(1), '-map', '0:v', '-frames:v', '1', '-c:v', 'libx264', file('one.mp4'));
    const { shots } = await analyse('one.mp4');
    expect(shots).toHaveLength(1);
    expect(shots[0]?.thumbnail).not.toBeNull();
  });

  test('a film that may not be written to is read in place and stays as it is', async () => {
    await copyFile(good, file('kept.mp4'));
    await chmod(file('kept.mp4'), 0o444);
    const hash = async () =>
      createHash('sha256')
        .update(await readFile(file('kept.mp4')))
        .digest('hex');
    const before = await hash();
    await analyse('kept.mp4');
    expect(await hash()).toBe(before);
  });
});
