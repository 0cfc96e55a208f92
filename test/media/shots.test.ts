import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Film, renderFilm } from '../../bench/media/films.js';
import { scoreShots } from '../../bench/media/score.js';
import { FILM } from '../../bench/media/shot-table.js';
import { loadDecoded, saveDecoded } from '../../src/media/decode-folder.js';
import type { DecodedTrailer } from '../../src/media/decoded.js';
import { ffmpeg, probeAndDecode, removeFolder, testFolder } from './made.js';

let folder: string;
beforeAll(async () => {
  folder = await testFolder('shots');
});
afterAll(() => removeFolder(folder));

describe('hard cuts of a film with 300 and more of them, flashes, pans and dissolves', () => {
  const x264 = ['-c:v', 'libx264', '-preset', 'veryfast'];
  const file = (name: string) => path.join(folder, name);
  let film: Film;

  beforeAll(async () => {
    // Drawing costs more than encoding: one film, three encoders.
    const longGop = ['-g', '250', '-keyint_min', '250', '-sc_threshold', '0'];
    const captions = file('captions.srt');
    await writeFile(captions, '1\n00:00:02,000 --> 00:00:04,000\nIt begins.\n');
    const encoder = [
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=20', '-i', captions],
      ...['-map', '0:v', ...x264, ...longGop, file('long-gop.mp4')],
      ...['-map', '0:v', '-c:v', 'libx264', '-preset', 'ultrafast', file('hidden.mp4')],
      ...['-map', '0:v', '-map', '1:a', '-map', '2:s', '-c:a', 'aac', '-c:s', 'mov_text', ...x264],
    ];
    film = await renderFilm({ ...FILM, path: file('cuts.mp4'), encoder });
  }, 120_000);

  test.each([
    ['key frames on cuts', 'WINDOWS', 'sound and a subtitle', 'cuts.mp4'],
    ['one key frame in ten seconds', 'FULL', 'neither', 'long-gop.mp4'],
    ['neither marks on cuts nor B-frames', 'FULL', 'neither', 'hidden.mp4'],
  ])(
    'are found with F1 ≥ 0.95 at ±1 frame: %s, read by %s, beside it %s',
    async (_encoding, decodePath, beside, name) => {
      const decoded = await probeAndDecode(file(name), file(`job-${name}`));
      const score = scoreShots(film, decoded.shots);
      expect(score.truth).toBeGreaterThanOrEqual(300);
      expect(score.f1).toBeGreaterThanOrEqual(0.95);
      expect(score.dissolves.found / score.dissolves.truth).toBeGreaterThanOrEqual(0.8);
      expect(decoded.decodePath).toBe(decodePath);
      const isHeard = beside !== 'neither';
      expect(decoded.sound.samples.length / 16_000).toBeCloseTo(isHeard ? 20 : 0, 0);
      expect(
        decoded.subtitles.flatMap(({ lines }) => lines.map(({ startSeconds, text }) => [startSeconds, text])),
      ).toEqual(isHeard ? [[2, 'It begins.']] : []);
    },
    120_000,
  );
});

describe('a trailer with black, a rating card, scenes, a fade and sound', () => {
  let decoded: DecodedTrailer;

  beforeAll(async () => {
    const parts = [
      'color=c=black:s=320x180:r=25:d=1[a]',
      'color=c=0x006030:s=320x180:r=25:d=2,drawbox=x=90:y=60:w=140:h=30:color=white:t=fill,drawbox=x=110:y=110:w=100:h=8:color=white:t=fill[b]',
      'testsrc2=s=320x180:r=25:d=3[c]',
      'cellauto=s=320x180:r=25:seed=3:rule=110,trim=duration=3,setpts=PTS-STARTPTS,fade=t=out:st=2:d=1[d]',
      'color=c=black:s=320x180:r=25:d=1[e]',
      'mandelbrot=s=320x180:r=25,trim=duration=4,setpts=PTS-STARTPTS,fade=t=in:st=0:d=0.6[f]',
    ];
    const graph = `${parts.map((part) => part.replace(/\[(\w)\]$/, ',format=yuv420p,setsar=1[$1]')).join(';')};[a][b][c][d][e][f]concat=n=6[v]`;
    const file = path.join(folder, 'trailer.mkv');
    await ffmpeg(
      '-filter_complex',
      graph,
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=1000:duration=14',
      '-map',
      '[v]',
      '-map',
      '0:a',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-c:a',
      'aac',
      file,
    );
    decoded = await probeAndDecode(file, path.join(folder, 'trailer'));
  });

  test('is tiled by its shots', () => {
    expect(decoded.shots[0]?.startSeconds).toBe(0);
    expect(decoded.shots.at(-1)?.endSeconds).toBeCloseTo(14, 1);
    for (const [i, shot] of decoded.shots.entries()) {
      expect(shot.index).toBe(i);
      if (i > 0) expect(shot.startSeconds).toBe(decoded.shots[i - 1]?.endSeconds);
    }
  });

  test('has its black, card and scenes recognised at their times', () => {
    const seen = decoded.shots.map(({ kind, startSeconds }) => `${kind} ${startSeconds.toFixed(1)}`);
    expect(seen.slice(0, 4)).toEqual(['BLACK 0.0', 'CARD 1.0', 'CONTENT 3.0', 'CONTENT 6.0']);
    expect(decoded.shots.some((shot) => shot.kind === 'BLACK' && shot.startSeconds > 8)).toBe(true);
    expect(decoded.shots.at(-1)?.kind).toBe('CONTENT');
    expect(decoded.shots.some((shot) => shot.transition === 'FADE')).toBe(true);
  });

  test('gives a thumbnail for each shot but the black ones', () => {
    for (const shot of decoded.shots) expect(shot.thumbnail === null).toBe(shot.kind === 'BLACK');
  });

  test('gives frames of content shots only, in order, with successors that follow at once', () => {
    const { frames = [] } = decoded.frames ?? {};
    expect(frames.length).toBeGreaterThan(0);
    for (const [i, frame] of frames.entries()) {
      const shot = decoded.shots[frame.shotIndex];
      expect(shot?.kind).toBe('CONTENT');
      expect(frame.timeSeconds).toBeGreaterThanOrEqual(frames[i - 1]?.timeSeconds ?? 0);
      if (frame.successorOf >= 0)
        expect(frame.timeSeconds - (frames[frame.successorOf]?.timeSeconds ?? 0)).toBeLessThanOrEqual(0.15);
    }
    expect(decoded.frames?.data.length).toBe(
      frames.length * (decoded.frames?.width ?? 0) * (decoded.frames?.height ?? 0) * 3,
    );
  });

  test('gives its tone as 16 kHz mono with its loudness kept', () => {
    const { samples, state } = decoded.sound;
    expect(state).toBe('PRESENT');
    expect(samples.length / 16_000).toBeCloseTo(14, 0);
    let crossings = 0;
    for (let i = 16_001; i < 32_000; i++)
      if ((samples[i - 1] as number) < 0 !== (samples[i] as number) < 0) crossings++;
    expect(crossings).toBeGreaterThan(1980);
    expect(crossings).toBeLessThan(2020);
    // ffmpeg's sine has an amplitude of 1/8.
    expect(Math.max(...samples.subarray(16_000, 32_000))).toBeCloseTo(0.125, 2);
  });

  test('is the same after a restart, and gone when a byte of it is', async () => {
    const store = path.join(folder, 'trailer');
    await saveDecoded(store, decoded);
    const loaded = await loadDecoded(store);
    expect(loaded && withHashes(loaded)).toEqual(withHashes(decoded));
    const { open } = await import('node:fs/promises');
    const file = await open(path.join(store, 'decoded', 'frames.rgb'), 'r+');
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 100);
    await file.close();
    expect(await loadDecoded(store)).toBeNull();
  });
});

test('logos and titles that move are told from scenes on a dark or a bright ground', async () => {
  const drawn = (seconds: number, luma: string) =>
    `color=s=160x90:r=25:d=${seconds},format=yuv420p,geq=lum='${luma}':cb=128:cr=128,setsar=1`;
  const parts = [
    drawn(2, 'if(between(X,5+50*T,35+50*T)*between(Y,30,60),235,16)'),
    drawn(1.5, '50+80*exp(-(pow(X-80-20*T,2)+pow(Y-20,2))/500)'),
    'testsrc2=s=160x90:r=25:d=9,format=yuv420p,setsar=1',
    drawn(3, 'if(lt(abs(X-80),20+10*T)*lt(abs(Y-45),6+4*T),40,235)'),
    drawn(2.5, '235-80*exp(-(pow(X-40-30*T,2)+pow(Y-45,2))/500)'),
  ];
  const graph = `${parts.map((part, i) => `${part}[${i}]`).join(';')};${parts.map((_, i) => `[${i}]`).join('')}concat=n=${parts.length}[v]`;
  const file = path.join(folder, 'signs.mp4');
  await ffmpeg('-filter_complex', graph, '-map', '[v]', '-c:v', 'libx264', '-preset', 'ultrafast', file);
  const { shots } = await probeAndDecode(file, path.join(folder, 'signs'));
  const kindAt = (seconds: number) =>
    shots.find((shot) => shot.startSeconds <= seconds && seconds < shot.endSeconds)?.kind;
  expect([1, 2.8, 8, 14, 17].map(kindAt)).toEqual(['LOGO', 'CONTENT', 'CONTENT', 'CARD', 'CONTENT']);
});

/** The two large arrays as their hashes: vitest's own comparison takes seconds for millions of numbers. */
function withHashes({ frames, sound, ...rest }: DecodedTrailer): unknown {
  const sha256 = (data: Uint8Array | Float32Array = new Uint8Array()) =>
    createHash('sha256').update(data).digest('hex');
  return {
    ...rest,
    frames: frames && { ...frames, data: sha256(frames.data) },
    sound: { ...sound, samples: sha256(sound.samples) },
  };
}
