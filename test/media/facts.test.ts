import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CLIP_SIDE } from '../../src/media/clip-frame.js';
import { clipsInShots, decodeClips } from '../../src/media/clips.js';
import { readPackets, trailerSeconds } from '../../src/media/packets.js';
import { probeTrailer } from '../../src/media/probe.js';
import { startReading } from '../../src/media/reading.js';
import { ffmpeg, LIMITS, lavfi, probeAndDecode, removeFolder, testFolder } from './made.js';

// Many starts of ffmpeg, which a busy machine makes slow.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const signal = new AbortController().signal;
beforeAll(async () => {
  folder = await testFolder('facts');
});
afterAll(() => removeFolder(folder));

/** Renders a file and reads its facts. */
async function facts(name: string, ...args: string[]) {
  const file = path.join(folder, name);
  await ffmpeg(...args, file);
  return { file, facts: await probeTrailer(file, { limits: LIMITS, signal }) };
}

/** Where the tone begins, in seconds. */
const heardFrom = (samples: Float32Array) => samples.findIndex((value) => Math.abs(value) > 0.01) / 16_000;

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

describe('facts', () => {
  test('say sizes as displayed: after rotation and with square pixels', async () => {
    const anamorphic = await facts(
      'sar.mp4',
      ...lavfi(1, { size: '180x144' }),
      '-map',
      '0:v',
      '-vf',
      'setsar=2/1',
      ...X264,
    );
    expect(anamorphic.facts.video).toMatchObject({ width: 360, height: 144, rotationDegrees: 0 });
    await ffmpeg(
      '-i',
      anamorphic.file,
      '-c',
      'copy',
      '-metadata:s:v',
      'rotate=90',
      path.join(folder, 'turned.mp4'),
    );
    const turned = await probeTrailer(path.join(folder, 'turned.mp4'), { limits: LIMITS, signal });
    expect(turned.video).toMatchObject({ width: 144, height: 360 });
    expect([90, 270]).toContain(turned.video?.rotationDegrees);
  });

  test('name each sound and subtitle track with its language', async () => {
    const words = path.join(folder, 'words.srt');
    await writeFile(words, '1\n00:00:00,500 --> 00:00:01,500\n[THORN] Hello there.\n');
    const maps = ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-map', '2:s'];
    const languages = [
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=deu',
      '-metadata:s:s:0',
      'language=fra',
    ];
    const made = await facts(
      'tracks.mp4',
      ...lavfi(2),
      '-i',
      words,
      ...maps,
      ...X264,
      '-c:s',
      'mov_text',
      ...languages,
    );
    expect(made.facts.audio.map((track) => track.language)).toEqual(['eng', 'deu']);
    expect(made.facts.subtitles).toMatchObject([{ codec: 'mov_text', language: 'fra', isText: true }]);
    const decoded = await probeAndDecode(made.file, path.join(folder, 'tracks'));
    expect(decoded.subtitles).toEqual([
      {
        origin: 'EMBEDDED',
        language: 'fra',
        lines: [
          { startSeconds: 0.5, endSeconds: 1.5, text: 'Hello there.', kind: 'SPEECH', speaker: 'Thorn' },
        ],
      },
    ]);
  });

  test('of several sound tracks say which is heard: the one that the file marks as its default', async () => {
    const high = ['-f', 'lavfi', '-i', 'sine=frequency=2000:duration=1'];
    const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a'];
    const marks = ['-disposition:a:0', '0', '-disposition:a:1', 'default'];
    const { file } = await facts('dubbed.mkv', ...lavfi(1), ...high, ...maps, ...X264, ...marks);
    const { samples } = (await probeAndDecode(file, path.join(folder, 'dubbed'))).sound;
    const crossings = samples.filter((value, i) => i > 0 && value < 0 !== (samples[i - 1] as number) < 0);
    expect(crossings.length / 2).toBeGreaterThan(1900);
    expect(crossings.length / 2).toBeLessThan(2100);
  });

  test.each([
    [90, [1, 1, 0, 0]],
    [180, [0, 1, 0, 1]],
  ])('of a film turned by %i degrees hold for its pictures and clips too', async (degrees, expected) => {
    // White on its left half as stored.
    const half = ['-vf', "geq=lum='if(lt(X,W/2),235,16)':cb=128:cr=128"];
    const stored = await facts(`upright${degrees}.mp4`, ...lavfi(1), '-map', '0:v', ...half, ...X264);
    const file = path.join(folder, `turned${degrees}.mp4`);
    await ffmpeg('-i', stored.file, '-c', 'copy', '-metadata:s:v', `rotate=${degrees}`, file);
    const { facts: turned, frames } = await probeAndDecode(file, path.join(folder, `turned${degrees}`));
    const clips = [{ startSeconds: 0, frames: 1, spacingSeconds: 0.1 }];
    const [clip] = await decodeClips({ path: file, facts: turned, clips }, { signal });
    const { width, height } = frames!;
    expect(width < height).toBe(degrees === 90);
    const corners = (data: Uint8Array, w: number, h: number) =>
      [
        [0.25, 0.25],
        [0.75, 0.25],
        [0.25, 0.75],
        [0.75, 0.75],
      ].map(([x, y]) => Math.round((data[3 * (Math.floor(y! * h) * w + Math.floor(x! * w))] ?? 0) / 255));
    const seen = corners(frames!.data, width, height);
    // ffmpeg 5.1 takes the tag for one direction, newer ones for the other.
    expect([expected, expected.map((white) => 1 - white)]).toContainEqual(seen);
    if (degrees === 180) expect(seen).toEqual(expected);
    expect(corners(clip!.data, CLIP_SIDE, CLIP_SIDE)).toEqual(seen);
  });

  test.each([
    ['10 bits', 'ten.mp4', [...lavfi(1), '-pix_fmt', 'yuv420p10le', ...X264]],
    ['120 frames a second', 'fast.mp4', [...lavfi(1, { rate: 120 }), ...X264]],
    [
      'interlaced',
      'fields.ts',
      [...lavfi(1, { size: '352x288' }), '-c:v', 'mpeg2video', '-flags', '+ildct+ilme'],
    ],
    ['an odd size', 'odd.mkv', [...lavfi(1), '-vf', 'scale=321:179,setsar=1', '-c:v', 'ffv1'], '321x179'],
    ['a start long after zero', 'late.ts', [...lavfi(1), '-output_ts_offset', '5000', ...X264]],
    ['moov at the end', 'moov.mp4', [...lavfi(1), ...X264]],
    ['MPEG-4 in AVI', 'old.avi', [...lavfi(1), '-c:v', 'mpeg4']],
    ['VP8', 'web.webm', [...lavfi(1), '-c:v', 'libvpx', '-c:a', 'libvorbis']],
  ])('%s is read from its first frame at 0 to its end', async (_what, name, args, size = undefined) => {
    const made = await facts(name, ...args);
    // testsrc2 rounds its size down to even numbers: an odd one must be seen to have come through.
    if (size) expect(`${made.facts.video?.width}x${made.facts.video?.height}`).toBe(size);
    const decoded = await probeAndDecode(made.file, path.join(folder, `job-${name}`));
    expect(decoded.shots[0]?.startSeconds).toBe(0);
    expect(decoded.shots.at(-1)?.endSeconds).toBeCloseTo(1, 1);
    expect(decoded.frames?.frames[0]?.timeSeconds).toBe(0);
    expect(decoded.sound.state).toBe('PRESENT');
  });

  test('of a recording that was never finished have the length that its packets have', async () => {
    const made = await facts('unfinished.mkv', ...lavfi(2), ...X264, '-live', '1');
    expect(made.facts.durationSeconds).toBeCloseTo(2, 1);
    const sound = await facts('unfinished.mka', ...lavfi(2), '-map', '1:a', '-live', '1');
    expect(sound.facts.durationSeconds).toBeCloseTo(2, 1);
  });

  test('of a clock that wraps around, its beginning below zero, are those of any other', async () => {
    // 33 bits of 90 kHz end at 95,443.7 s.
    const made = await facts('wrapped.ts', ...lavfi(3), '-output_ts_offset', '95441', ...X264);
    expect(made.facts.video?.startSeconds).toBeLessThan(0);
    const decoded = await probeAndDecode(made.file, path.join(folder, 'wrapped'));
    expect(decoded.shots.map(({ startSeconds }) => startSeconds)).toEqual([0]);
    expect(decoded.shots.at(-1)?.endSeconds).toBeCloseTo(3, 1);
    expect(heardFrom(decoded.sound.samples)).toBeCloseTo(0, 1);
    expect(decoded.sound.samples.length / 16_000).toBeCloseTo(3, 1);
  });

  test('of sound alone that starts late count from where it starts', async () => {
    const made = await facts('late-sound.ts', ...lavfi(2), '-map', '1:a', '-output_ts_offset', '5000');
    const { sound } = await probeAndDecode(made.file, path.join(folder, 'late-sound'));
    expect(sound.state).toBe('PRESENT');
    expect(heardFrom(sound.samples)).toBeCloseTo(0, 1);
    expect(sound.samples.length / 16_000).toBeCloseTo(2, 1);
  });

  test('give frames of a variable rate their own times', async () => {
    const made = await facts(
      'vfr.mkv',
      ...lavfi(2),
      '-map',
      '0:v',
      '-vf',
      "select='not(between(n,10,29))'",
      '-fps_mode',
      'vfr',
      ...X264,
    );
    const packets = await readPackets(
      made.file,
      made.facts.video as NonNullable<typeof made.facts.video>,
      signal,
    );
    const times = Array.from(packets.pts, (pts) => trailerSeconds(packets, pts)).toSorted((a, b) => a - b);
    expect(times.slice(8, 12).map((time) => Number(time.toFixed(2)))).toEqual([0.32, 0.36, 1.2, 1.24]);
  });
});

describe('clips', () => {
  /** Brightness says the time: frame n has luma 40 + 2 n, and every fortieth is a key frame. */
  const clock = (name: string, size: string, seconds: number) => {
    const graph = `color=c=black:s=16x16:r=25:d=${seconds},format=yuv420p,geq=lum='40+2*N':cb=128:cr=128,scale=${size}:flags=neighbor`;
    const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '1', '-g', '40'];
    return facts(name, '-f', 'lavfi', '-i', graph, ...encoder);
  };

  test.each([
    ['run through once', 'small.mp4', '320:180', 4],
    ['entered at its key frames', 'large.mp4', '1920:1080', 10],
  ])('are exactly the frames asked for: a film %s', async (_how, name, size, length) => {
    const { file, facts: read } = await clock(name, size, length);
    const clips = [
      { startSeconds: 0, frames: 4, spacingSeconds: 0.04 },
      { startSeconds: 2, frames: 4, spacingSeconds: 0.2 },
    ];
    const [first, second] = await decodeClips({ path: file, facts: read, clips }, { signal });
    const frameNumbers = (clip: typeof first) =>
      Array.from({ length: 4 }, (_, k) => {
        const red = clip?.data[(k + 0.5) * CLIP_SIDE * CLIP_SIDE * 3] ?? 0;
        return Math.round(((red * 219) / 255 + 16 - 40) / 2);
      });
    expect(frameNumbers(first)).toEqual([0, 1, 2, 3]);
    expect(frameNumbers(second)).toEqual([50, 55, 60, 65]);
    expect(second?.times.map((time) => Number(time.toFixed(3)))).toEqual([2, 2.2, 2.4, 2.6]);
  });

  test('come from pictures of 360 lines, whatever the height of the film', async () => {
    const graph = 'testsrc2=s=1280x720:r=25:d=1';
    const lossless = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0'];
    const high = await facts('high.mp4', '-f', 'lavfi', '-i', graph, ...lossless);
    const low = await facts('low.mp4', '-i', high.file, '-vf', 'scale=640:360:flags=bilinear', ...lossless);
    const clips = [{ startSeconds: 0, frames: 2, spacingSeconds: 0.4 }];
    const [ofHigh] = await decodeClips({ path: high.file, facts: high.facts, clips }, { signal });
    const [ofLow] = await decodeClips({ path: low.file, facts: low.facts, clips }, { signal });
    const differences = Array.from(ofHigh?.data ?? [], (level, i) => Math.abs(level - (ofLow?.data[i] ?? 0)));
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(1);
  });

  test('are the same on every run, and may lie apart in any number: ffmpeg refuses a plain sum of more than a hundred conditions', async () => {
    const { file, facts: read } = await clock('apart.mp4', '320:180', 10);
    const clips = [{ startSeconds: 0, frames: 120, spacingSeconds: 0.08 }];
    const [clip] = await decodeClips({ path: file, facts: read, clips }, { signal });
    expect(clip?.times.at(-1)).toBeCloseTo(9.52, 3);
    const [again] = await decodeClips({ path: file, facts: read, clips }, { signal });
    // Millions of numbers: vitest's own comparison takes seconds for them.
    expect(again?.times).toEqual(clip?.times);
    expect(Buffer.compare(again?.data ?? Buffer.alloc(0), clip?.data ?? Buffer.alloc(1))).toBe(0);
  });

  test('a wanted stretch that reaches over a key frame, into the next segment, is given whole', async () => {
    const { file, facts: read } = await clock('joint.mp4', '320:180', 4);
    const { pictures, ended } = await startReading(
      {
        path: file,
        pictures: {
          streamIndex: read.video?.streamIndex ?? 0,
          outputs: [
            {
              format: { filter: 'scale=16:16,format=gray', bytes: 256 },
              selection: { stretches: [{ from: 1.51, to: 1.69 }] },
            },
          ],
          frames: 'ALL',
          segments: [
            { from: 0, to: 1.57, isLate: false },
            { from: 1.6, to: 3, isLate: false },
          ],
          leadSeconds: 0,
        },
        sound: null,
        subtitles: [],
        timeoutSeconds: 60,
      },
      signal,
    );
    const times: number[] = [];
    for await (const { seconds } of pictures[0] ?? []) times.push(Number(seconds.toFixed(2)));
    await ended;
    expect(times).toEqual([1.52, 1.56, 1.6, 1.64, 1.68]);
  });

  const shot = (
    index: number,
    startSeconds: number,
    endSeconds: number,
    kind: 'CONTENT' | 'BLACK' = 'CONTENT',
  ) => ({
    index,
    startSeconds,
    endSeconds,
    kind,
    transition: 'CUT' as const,
    thumbnail: null,
  });

  test('are planned inside content shots', () => {
    const shots = [shot(0, 0, 9, 'BLACK'), shot(1, 9, 10), shot(2, 10, 14), shot(3, 14, 14.5)];
    const planned = clipsInShots({ shots, keyFrames: [] }, { clips: 2, frames: 16, spacingSeconds: 0.1 });
    expect(planned).toEqual([
      { shotIndex: 1, startSeconds: 9, frames: 16, spacingSeconds: 1 / 16 },
      { shotIndex: 2, startSeconds: 10, frames: 16, spacingSeconds: 0.1 },
    ]);
  });

  test('begin on a key frame where a shot has one with room behind it, and such shots go first', () => {
    const shots = [shot(0, 0, 9), shot(1, 9, 12), shot(2, 12, 16), shot(3, 16, 17)];
    const keyFrames = [9, 13.5, 15.5, 16.2];
    const planned = clipsInShots({ shots, keyFrames }, { clips: 2, frames: 16, spacingSeconds: 0.1 });
    expect(planned.map(({ shotIndex, startSeconds }) => [shotIndex, startSeconds])).toEqual([
      [1, 9],
      [2, 13.5],
    ]);
  });
});
