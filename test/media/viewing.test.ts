import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIP_SIDE } from '../../src/media/clip-frame.js';
import { decodeClips } from '../../src/media/clips.js';
import { probeTrailer } from '../../src/media/probe.js';
import { addFrame, colourMeasures, emptySums } from '../../src/signals/colour.js';
import { sampleFilm, seededDraw } from '../../src/signals/picture-samples.js';
import { ffmpeg, LIMITS, probeAndDecode, removeFolder, testFolder } from './made.js';

let folder: string;
const signal = new AbortController().signal;
beforeAll(async () => {
  folder = await testFolder('viewing');
});
afterAll(() => removeFolder(folder));

/** The kept frames of a film, and one clip of it. */
async function seen(file: string, spacingSeconds = 0.3) {
  const decoded = await probeAndDecode(file, path.join(folder, `job-${path.basename(file)}`));
  const clips = [{ startSeconds: 0.2, frames: 8, spacingSeconds }];
  const [clip] = await decodeClips({ path: file, facts: decoded.facts, clips }, { signal });
  return { ...decoded, clip };
}

/** Mean difference of two sequences of levels, as many as both have. */
function difference(a: Uint8Array, b: Uint8Array): number {
  const count = Math.min(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / count;
}

describe('an interlaced film', () => {
  /** Something that crosses the picture in a second, taken fifty times in it. */
  const moving =
    "color=s=720x576:r=50:d=3,format=yuv420p,geq=lum='128+100*sin((X-720*T)/20)*cos(Y/40)':cb=110:cr=140";
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10'];
  const file = (name: string) => path.join(folder, name);
  const fields = { top: '+ildct+ilme', x264: 'tff=1' };

  beforeAll(async () => {
    await ffmpeg('-f', 'lavfi', '-i', moving, ...x264, file('fifty.mp4'));
    const of = (filter: string) => ['-i', file('fifty.mp4'), '-vf', filter];
    const inFields = of('tinterlace=mode=interleave_top');
    await ffmpeg(...of("select='not(mod(n,2))'"), '-r', '25', ...x264, file('whole.mp4'));
    await ffmpeg(
      ...[...inFields, ...x264, '-flags', fields.top, '-x264opts', fields.x264],
      file('fields.mp4'),
    );
    await ffmpeg(
      ...[...inFields, '-c:v', 'mpeg2video', '-q:v', '2', '-flags', fields.top, '-top', '1'],
      file('fields.ts'),
    );
    const said = ['-bsf:v', 'h264_metadata=tick_rate=50', '-c', 'copy', '-metadata:s:v', 'rotate=90'];
    await ffmpeg('-i', file('fields.mp4'), ...said, file('turned.mp4'));
  });

  test.each([
    ['H.264', 'fields.mp4'],
    ['MPEG-2', 'fields.ts'],
  ])('in %s is known as one', async (_codec, name) => {
    const ofFields = await probeTrailer(file(name), { limits: LIMITS, signal });
    const ofWhole = await probeTrailer(file('whole.mp4'), { limits: LIMITS, signal });
    expect([ofFields.video?.isInterlaced, ofWhole.video?.isInterlaced]).toEqual([true, false]);
  });

  test.each([
    ['H.264', 'fields.mp4'],
    ['MPEG-2', 'fields.ts'],
  ])(
    'in %s is seen as it was before it was split into fields, frame for frame',
    async (_codec, name) => {
      const [fields, whole] = [await seen(file(name)), await seen(file('whole.mp4'))];
      const kept = (of: typeof whole) => {
        const bytes = of.frames!.width * of.frames!.height * 3;
        return new Map(
          of.frames!.frames.map(({ timeSeconds }, i) => [
            timeSeconds.toFixed(2),
            of.frames!.data.subarray(i * bytes, (i + 1) * bytes),
          ]),
        );
      };
      const expected = kept(whole);
      const both = [...kept(fields)].filter(([time]) => expected.has(time));
      expect(both.length).toBeGreaterThanOrEqual(5);
      for (const [time, frame] of both) expect(difference(frame, expected.get(time)!)).toBeLessThan(3);
      expect(fields.clip?.times.length).toBe(8);
      expect(difference(fields.clip!.data, whole.clip!.data)).toBeLessThan(3);
    },
    60_000,
  );

  test('that is turned on its side is left as it is', async () => {
    const { frames, facts } = await seen(file('turned.mp4'));
    expect(facts.video).toMatchObject({ isInterlaced: true, width: 576, height: 720 });
    expect(frames?.frames.length).toBeGreaterThan(0);
  });
});

describe('a film of a high dynamic range', () => {
  // ITU-R BT.2100, written down once more: what a code means on a screen of 1000 cd/m².
  const PQ = { m1: 0.1593017578125, m2: 78.84375, c1: 0.8359375, c2: 18.8515625, c3: 18.6875 };
  const HLG = { a: 0.17883277, b: 0.28466892, c: 0.55991073 };
  /** BT.709's primaries in BT.2020's (BT.2087). */
  const TO_2020 = [
    [0.6274, 0.3293, 0.0433],
    [0.0691, 0.9195, 0.0114],
    [0.0164, 0.088, 0.8956],
  ] as const;
  type Colour = readonly [number, number, number];
  /** Light in units of `white`, from codes of an ordinary screen. */
  const light = (codes: Colour, white: number) => {
    const [r, g, b] = codes.map((code) => white * code ** 2.4) as unknown as Colour;
    return TO_2020.map((row) => row[0] * r + row[1] * g + row[2] * b) as unknown as Colour;
  };
  const pqCode = (nits: number) => {
    const power = (nits / 10_000) ** PQ.m1;
    return ((PQ.c1 + PQ.c2 * power) / (1 + PQ.c3 * power)) ** PQ.m2;
  };
  const hlgCode = (scene: number) =>
    scene <= 1 / 12 ? Math.sqrt(3 * scene) : HLG.a * Math.log(12 * scene - HLG.b) + HLG.c;

  const masters = {
    SDR: {
      code: (codes: Colour) => codes,
      tags: ['bt709', 'bt709', 'bt709'],
      format: 'out_color_matrix=bt709:out_range=tv,format=yuv420p',
    },
    PQ: {
      code: (codes: Colour) => light(codes, 203).map(pqCode) as unknown as Colour,
      tags: ['bt2020', 'smpte2084', 'bt2020nc'],
      format: 'out_color_matrix=bt2020:out_range=tv,format=yuv420p10le',
    },
    HLG: {
      code: (codes: Colour) => {
        const shown = light(codes, 0.203);
        const luminance = 0.2627 * shown[0] + 0.678 * shown[1] + 0.0593 * shown[2];
        const gain = luminance > 0 ? luminance ** (1 / 1.2 - 1) : 0;
        return shown.map((value) => hlgCode(value * gain)) as unknown as Colour;
      },
      tags: ['bt2020', 'arib-std-b67', 'bt2020nc'],
      format: 'out_color_matrix=bt2020:out_range=tv,format=yuv420p10le',
    },
  } as const;
  const PICTURES = 24;

  /** A drawn film, two pictures a second, mastered for one kind of screen. */
  async function mastered(range: keyof typeof masters, seed: number): Promise<string> {
    const { code, tags, format } = masters[range];
    const { width, height, data } = sampleFilm(seededDraw(seed), PICTURES / 2).frames;
    const codes = new Uint16Array(PICTURES * width * height * 3);
    for (let i = 0; i < codes.length; i += 3) {
      const colour = code([data[i]! / 255, data[i + 1]! / 255, data[i + 2]! / 255]);
      for (const [channel, value] of colour.entries())
        codes[i + channel] = Math.round(65_535 * Math.min(1, Math.max(0, value)));
    }
    const file = path.join(folder, `${range}-${seed}.mp4`);
    const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb48le', '-s', `${width}x${height}`, '-r', '2', '-i', '-'];
    const filter = `fps=10,scale=640:360:flags=bicubic+accurate_rnd+full_chroma_int:${format}`;
    const named = ['-color_primaries', tags[0], '-color_trc', tags[1], '-colorspace', tags[2]];
    const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-qp', '8'];
    await new Promise<void>((resolve, reject) => {
      const child = execFile(
        'ffmpeg',
        ['-v', 'error', '-y', ...input, '-vf', filter, ...named, ...encoder, file],
        (error) => (error ? reject(error) : resolve()),
      );
      child.stdin?.end(Buffer.from(codes.buffer));
    });
    return file;
  }

  /** The cinematic measures of light and colour of kept frames and of a clip. */
  async function measured(file: string) {
    const { facts, frames, clip } = await seen(file, 1.4);
    const ofFrames = emptySums();
    const bytes = frames!.width * frames!.height * 3;
    const whole = { left: 0, top: 0, right: frames!.width, bottom: frames!.height };
    for (let at = 0; at < frames!.data.length; at += bytes)
      addFrame(ofFrames, frames!.data.subarray(at, at + bytes), frames!.width, whole);
    const ofClip = emptySums();
    const side = { left: 0, top: 0, right: CLIP_SIDE, bottom: CLIP_SIDE };
    const clipBytes = CLIP_SIDE * CLIP_SIDE * 3;
    for (let at = 0; at < clip!.data.length; at += clipBytes)
      addFrame(ofClip, clip!.data.subarray(at, at + clipBytes), CLIP_SIDE, side);
    return {
      range: facts.video?.dynamicRange,
      frames: colourMeasures(ofFrames),
      clip: colourMeasures(ofClip),
    };
  }

  test.each([
    [5, 'deep colours'],
    [9, 'pale colours'],
  ])(
    '(film %i: %s) has the light and colour of the same film for an ordinary screen',
    async (seed) => {
      const ordinary = await measured(await mastered('SDR', seed));
      expect(ordinary.range).toBe('SDR');
      for (const range of ['PQ', 'HLG'] as const) {
        const high = await measured(await mastered(range, seed));
        expect(high.range).toBe(range);
        for (const of of ['frames', 'clip'] as const) {
          for (const measure of ['light', 'contrast', 'lightingKey', 'saturation'] as const) {
            const off = high[of][measure] / ordinary[of][measure] - 1;
            expect(Math.abs(off), `${measure} of ${of} in ${range}`).toBeLessThan(0.1);
          }
        }
      }
    },
    60_000,
  );
});
