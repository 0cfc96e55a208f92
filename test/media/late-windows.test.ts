import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canEnterLate, firstWindows, planWindows } from '../../src/media/decode-plan.js';
import type { MediaFacts, VideoFacts } from '../../src/media/facts.js';
import { measureFrame } from '../../src/media/frame-measures.js';
import type { Gop } from '../../src/media/gops.js';
import type { DecodedSegment } from '../../src/media/joined-segments.js';
import { judgeKeyFrames } from '../../src/media/key-frames.js';
import type { PacketList } from '../../src/media/packets.js';
import { probeTrailer } from '../../src/media/probe.js';
import { startReading } from '../../src/media/reading.js';
import { wholePictures } from '../../src/media/whole-pictures.js';
import type { Window } from '../../src/media/windows.js';
import { ffmpeg, LIMITS, removeFolder, testFolder } from './made.js';

const RATE = 25;
const SIZE = { width: 32, height: 18 };
const signal = new AbortController().signal;

/** A picture of one grey, the lowest quarter of it of another. */
const grey = (luma: number, seconds: number, lowest = luma) => {
  const pixels = SIZE.width * SIZE.height;
  const data = new Uint8Array((pixels * 3) / 2).fill(luma);
  return measureFrame(data.fill(lowest, (pixels * 3) / 4, pixels), SIZE, seconds);
};

/** Groups one after another: sizes of their packets, the key frame's first. */
function groups(...sizes: number[][]): Gop[] {
  let start = 0;
  return sizes.map(([keyBytes = 0, ...rest]) => {
    const startSeconds = start / RATE;
    const packets = rest.map((bytes, i) => ({ bytes, seconds: (start + i + 1) / RATE }));
    start += rest.length + 1;
    return { startSeconds, endSeconds: start / RATE, keyBytes, packets };
  });
}

const rounded = ({ from, to, keySeconds }: Window) =>
  [from, to, keySeconds].map((time) => Number(time.toFixed(2)));

/** 200 packets of 10, a key frame of 100 before them, and some that are larger. */
const uneven = (larger: Record<number, number>) => [
  100,
  ...Array.from({ length: 199 }, (_, i) => larger[i + 1] ?? 10),
];

describe('windows', () => {
  const plan = (gops: Gop[], entersLate: boolean) => planWindows(gops, entersLate).map(rounded);

  test('reach from the key frame to a spike that is near it, and are entered late for one far behind', () => {
    const gops = groups(uneven({ 25: 60, 150: 60 }), uneven({}));
    expect(plan(gops, true)).toEqual([
      [0, 1.27, 0],
      [5.8, 6.27, 0],
      [8, 8.15, 8],
    ]);
  });

  test('reach from the key frame to the last spike where the decoder cannot be entered late', () => {
    expect(plan(groups(uneven({ 25: 60, 150: 60 }), uneven({})), false)[0]).toEqual([0, 6.27, 0]);
  });

  test('reach from the key frame to a far place where sizes shift without a spike: a blend needs every picture', () => {
    const shifted = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [140 + i, 40 - (i === 0 ? 25 : 0)]),
    );
    const [first] = plan(groups([200, ...uneven(shifted).slice(1)], uneven({})), true);
    expect(first?.[0]).toBe(0);
    expect(first?.[1]).toBeGreaterThan(5.6);
  });

  test('hold every key frame, and a sample behind those that may begin a shot', () => {
    const short = [100, 10, 10, 10, 10, 10, 10, 10, 10, 10];
    expect(plan(groups(uneven({}), short, short), true)).toEqual([
      [0, 0.15, 0],
      [8, 8.15, 8],
      [8.4, 8.55, 8.4],
    ]);
    expect(plan(groups(short, short, short), true)).toEqual([
      [0, 0.15, 0],
      [0.4, 0.4, 0.4],
      [0.8, 0.8, 0.8],
    ]);
  });

  test('are entered late in H.264 in MP4 alone', () => {
    const facts = (codec: string, format: string) => ({ format, video: { codec } }) as MediaFacts;
    expect(canEnterLate(facts('h264', 'mov,mp4,m4a,3gp,3g2,mj2'))).toBe(true);
    expect(canEnterLate(facts('hevc', 'mov,mp4,m4a,3gp,3g2,mj2'))).toBe(false);
    expect(canEnterLate(facts('h264', 'matroska,webm'))).toBe(false);
  });
});

describe('a film of many pixels', () => {
  const video = { codec: 'h264', width: 1920, height: 1080 } as VideoFacts;
  const facts = { format: 'matroska,webm', video };
  /** Packets of the groups, each second one shown before its predecessor where they are stored out of order. */
  const packetsOf = (gops: Gop[], isReordered: boolean): PacketList => {
    const all = gops.flatMap((gop) => [gop.keyBytes, ...gop.packets.map(({ bytes }) => bytes)]);
    const keys = new Set(gops.map(({ startSeconds }) => Math.round(startSeconds * RATE)));
    const shown = (i: number) => (isReordered && !keys.has(i) ? i + (i % 2 === 0 ? -1 : 1) : i);
    return {
      timeBase: 1 / RATE,
      pts: Float64Array.from(all, (_, i) => shown(i)),
      bytes: Float64Array.from(all),
      isKey: Uint8Array.from(all, (_, i) => Number(keys.has(i))),
      firstPts: 0,
      endPts: all.length,
      leadSeconds: 0,
    };
  };
  const early = uneven({}).slice(0, 100);
  const second = uneven({}).slice(0, 51);

  test('is decoded whole where neither key frames nor the order of packets hint at cuts', () => {
    const fixed = groups(uneven({}), uneven({}), uneven({}), early);
    expect(firstWindows(packetsOf(fixed, false), facts)).toBeNull();
    expect(firstWindows(packetsOf(fixed, true), facts)).not.toBeNull();
  });

  test('is decoded in windows where key frames are on cuts, or never far apart', () => {
    const marked = groups(uneven({}), early, early, early);
    const dense = groups(...new Array<number[]>(6).fill(second));
    for (const gops of [marked, dense]) expect(firstWindows(packetsOf(gops, false), facts)).not.toBeNull();
  });
});

describe('neighbouring key frames', () => {
  const early = [100, 10, 10, 10, 10, 10, 10, 10, 10, 10];
  const gops = groups(early, uneven({}), early);
  const judged = (all: Gop[], lumas: number[], windows: Window[] = []) => {
    const keys = lumas.map((luma, i) => grey(luma, all[i]?.startSeconds ?? 0));
    const verdict = judgeKeyFrames(all, { keys, frames: keys, windows });
    return { cutsAtKeys: verdict.cutsAtKeys, windows: verdict.windows.map(rounded) };
  };

  test('that differ are a cut where the second is early, and dear beside the packets before it', () => {
    expect(judged(gops, [60, 200, 200])).toEqual({ windows: [], cutsAtKeys: [0.4] });
    expect(judged(gops, [60, 60, 60])).toEqual({ windows: [], cutsAtKeys: [] });
  });

  test('that differ are looked at between where the second is early but not dear, or differs only a little', () => {
    const wild = groups([100, 30, 30, 30, 30, 30, 30, 30, 30, 30], uneven({}), early);
    expect(judged(wild, [60, 200, 200])).toEqual({ windows: [[0, 0.4, 0]], cutsAtKeys: [] });
    const keys = gops.map(({ startSeconds }, i) => grey(60, startSeconds, i === 0 ? 60 : 100));
    const { windows, cutsAtKeys } = judgeKeyFrames(gops, { keys, frames: keys, windows: [] });
    expect({ windows: windows.map(rounded), cutsAtKeys }).toEqual({ windows: [[0, 0.4, 0]], cutsAtKeys: [] });
  });

  test('that differ a little are not looked at between where that long a stretch explains it by a moving camera', () => {
    const between = (packets: number) => {
      const apart = groups(uneven({}).slice(0, packets), uneven({}), early);
      const keys = apart.map(({ startSeconds }, i) => grey(60, startSeconds, i === 0 ? 60 : 100));
      return judgeKeyFrames(apart, { keys, frames: keys, windows: [] });
    };
    expect(between(20).windows.map(rounded)).toEqual([[0, 0.8, 0]]);
    expect(between(100)).toEqual({ windows: [], cutsAtKeys: [] });
  });

  test('that differ are looked at between where the picture was in wild motion, unless it is another one altogether', () => {
    const judgedBehind = (...[first, seen, second]: [number, number, number]) => {
      const keys = [grey(first, 0), grey(second, 0.4), grey(second, 8.4)];
      const frames = [keys[0]!, grey(seen, 0.12), ...keys.slice(1)];
      const { windows, cutsAtKeys } = judgeKeyFrames(gops, { keys, frames, windows: [] });
      return { windows: windows.map(rounded), cutsAtKeys };
    };
    expect(judgedBehind(100, 100, 110)).toEqual({ windows: [], cutsAtKeys: [0.4] });
    expect(judgedBehind(60, 100, 110)).toEqual({ windows: [[0, 0.4, 0]], cutsAtKeys: [] });
    expect(judgedBehind(60, 100, 200)).toEqual({ windows: [], cutsAtKeys: [0.4] });
  });

  test('that differ at the ends of the longest shot are looked at between: nothing says that the second is forced', () => {
    expect(judged(gops, [60, 60, 200])).toEqual({ windows: [[0.4, 8.4, 0.4]], cutsAtKeys: [] });
    const drifting = groups(early, early, early, uneven({}), uneven({}), uneven({}), early);
    expect(judged(drifting, [60, 60, 60, 60, 200, 200, 200]).windows).toEqual([]);
  });

  test('that differ, an even distance apart, are looked at between unless the frames before the second show why', () => {
    const fixed = groups(uneven({}), uneven({}), uneven({}), uneven({}));
    expect(judged(fixed, [60, 60, 200, 200])).toEqual({ windows: [[8, 16, 8]], cutsAtKeys: [] });
    const keys = [60, 60, 200, 200].map((luma, i) => grey(luma, fixed[i]?.startSeconds ?? 0));
    const frames = [...keys.slice(0, 2), grey(200, 12), ...keys.slice(2)];
    expect(judgeKeyFrames(fixed, { keys, frames, windows: [] }).windows).toEqual([]);
  });

  test('of which one is black have a fade between them, which is decoded unless it was', () => {
    expect(judged(gops, [60, 60, 16]).windows).toEqual([[0.4, 8.4, 0.4]]);
    expect(judged(gops, [60, 60, 16], [{ from: 0.4, to: 8.4, keySeconds: 0.4 }]).windows).toEqual([]);
    // Decoded again, it begins and ends where the windows do that it replaces.
    const seen = [
      { from: 0, to: 0.6, keySeconds: 0 },
      { from: 8.2, to: 9, keySeconds: 0.4 },
    ];
    expect(judged(gops, [60, 60, 16], seen).windows).toEqual([[0, 9, 0]]);
  });
});

test('of a late window only what lies behind its first cut is whole; without a cut nothing is', () => {
  const frames = [0, 5.8, 6, 6.2, 7.8, 8].map((seconds) => grey(128, seconds));
  const kept = frames.map((measures) => ({ measures, data: new Uint8Array(0), successor: null }));
  const late = [
    { from: 5.8, to: 6.27, keySeconds: 0 },
    { from: 7.6, to: 7.9, keySeconds: 0 },
  ];
  const whole = wholePictures({ frames, kept, late }, [{ kind: 'CUT', seconds: 6 }]);
  expect(whole.frames.map(({ seconds }) => seconds)).toEqual([0, 6, 6.2, 8]);
  expect(whole.kept.map(({ measures }) => measures.seconds)).toEqual([0, 6, 6.2, 8]);
});

describe('a film of three scenes and one key frame', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await testFolder('late');
    file = path.join(folder, 'scenes.mp4');
    const scenes = ['testsrc2', 'mandelbrot', 'smptehdbars'].map(
      (scene, i) => `${scene}=s=320x180:r=${RATE},trim=duration=3,format=yuv420p,setsar=1[${i}]`,
    );
    await ffmpeg(
      ...['-filter_complex', `${scenes.join(';')};[0][1][2]concat=n=3[v]`, '-map', '[v]'],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '999', '-sc_threshold', '0', file],
    );
  });
  afterAll(() => removeFolder(folder));

  test.each([
    { cut: 3, late: { from: 2.8, to: 3.4, isLate: true } },
    { cut: 6, late: { from: 5.8, to: 6.4, isLate: true } },
  ])(
    'shows behind the cut at $cut s, entered late, what it shows when all of it is decoded',
    async ({ cut, late }) => {
      const truth = await pictures(file, [{ from: 0, to: 9, isLate: false }]);
      const seen = await pictures(file, [late]);
      const wanted = [...truth.keys()].filter((time) => time >= cut && time < late.to);
      expect(wanted.length).toBeGreaterThan(3);
      const before = [...truth].findLast(([time]) => time < cut)?.[1];
      for (const time of wanted) {
        expect(distance(seen.get(time), truth.get(time))).toBeLessThan(10);
        expect(distance(seen.get(time), before)).toBeGreaterThan(30);
      }
      expect([...seen.keys()].every((time) => time >= late.from && time < late.to)).toBe(true);
      expect([...seen.keys()].filter((time) => time < cut).length).toBeGreaterThan(0);
      expect(await pictures(file, [late])).toEqual(seen);
    },
  );
});

/** Grey pictures of 32 × 18, by their time. */
async function pictures(file: string, segments: DecodedSegment[]): Promise<Map<number, Uint8Array>> {
  const { video } = await probeTrailer(file, { limits: LIMITS, signal });
  const format = { filter: 'scale=32:18:flags=area,format=gray', bytes: SIZE.width * SIZE.height };
  const reading = await startReading(
    {
      path: file,
      pictures: {
        streamIndex: video?.streamIndex ?? 0,
        outputs: [{ format, selection: 'ALL' }],
        frames: 'REFERENCE',
        segments,
        leadSeconds: 0,
      },
      sound: null,
      subtitles: [],
      timeoutSeconds: 60,
    },
    signal,
  );
  const found = new Map<number, Uint8Array>();
  for await (const { seconds, data } of reading.pictures[0] ?? [])
    found.set(Number(seconds.toFixed(2)), data.slice());
  await reading.ended;
  return found;
}

/** Mean difference; what is missing differs in all. */
function distance(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (!a || !b) return 255;
  return a.reduce((sum, level, i) => sum + Math.abs(level - (b[i] as number)), 0) / a.length;
}
