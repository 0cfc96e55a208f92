import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { energyGate } from '../../../src/signals/speech/energy-gate.js';
import { GATE_FRAME_SECONDS, type SpeechGate } from '../../../src/signals/speech/gate.js';
import {
  cutAtPauses,
  speechIslands,
  uncoveredIslands,
  voiceProbability,
} from '../../../src/signals/speech/islands.js';
import { randomStream } from '../../../src/signals/speech/random.js';
import { speechReel } from '../../../src/signals/speech/reel.js';
import { openSileroGate } from '../../../src/signals/speech/silero-gate.js';

const SHARED = fileURLToPath(new URL('../../../../shared/', import.meta.url));
const SILERO = `${SHARED}models/silero-vad-16k.onnx`;
const never = new AbortController().signal;

/** Probabilities by stretches of [seconds, value]. */
function gate(...stretches: [number, number][]): Float32Array {
  return Float32Array.from(
    stretches.flatMap(([seconds, value]) => Array(Math.round(seconds / 0.032)).fill(value)),
  );
}

function rounded(islands: readonly { startSeconds: number; endSeconds: number }[]): number[][] {
  return islands.map(({ startSeconds, endSeconds }) => [
    Math.round(startSeconds * 10) / 10,
    Math.round(endSeconds * 10) / 10,
  ]);
}

describe('islands of speech', () => {
  test('speech is kept with a margin, silence around it is not', () => {
    expect(rounded(speechIslands(gate([5, 0.01], [2, 0.95], [5, 0.01])))).toEqual([[4.6, 7.4]]);
  });

  test('pauses of a conversation stay, longer ones part islands', () => {
    const probabilities = gate([1, 0.9], [2.5, 0], [1, 0.9], [4, 0], [1, 0.9]);
    expect(rounded(speechIslands(probabilities))).toEqual([
      [0, 4.9],
      [8.1, 9.5],
    ]);
  });

  test('half-heard speech counts near sure speech and nowhere else', () => {
    const halfHeard: [number, number] = [0.4, 0.65];
    expect(speechIslands(gate([5, 0], halfHeard, [5, 0], [0.2, 0.95], [5, 0]))).toEqual([]);
    const probabilities = gate([3, 0], [1, 0.95], [2.5, 0], halfHeard, [9, 0], halfHeard, [3, 0]);
    expect(rounded(speechIslands(probabilities))).toEqual([[2.6, 7.3]]);
  });

  test('a dip of a syllable does not end speech, and speech may last to the end', () => {
    expect(rounded(speechIslands(gate([1, 0], [0.2, 0.9], [0.064, 0.1], [0.2, 0.9])))).toEqual([[0.6, 1.4]]);
  });

  test('an island that no window holds is cut in its pause, or late where it has none', () => {
    const cut = (...stretches: [number, number][]) =>
      rounded(cutAtPauses([{ startSeconds: 1, endSeconds: 51 }], gate(...stretches)));
    expect(cut([21, 0.9], [0.6, 0.05], [30, 0.9])).toEqual([
      [1, 21.3],
      [21.3, 51],
    ]);
    expect(cut([51, 0.9])).toEqual([
      [1, 30.6],
      [30.6, 51],
    ]);
  });

  test('parts of islands follow each other without a gap, and a window holds each', () => {
    const sounds = fc.record({
      startSeconds: fc.double({ min: 0, max: 5, noNaN: true }),
      lengthSeconds: fc.double({ min: 0.5, max: 150, noNaN: true }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(sounds, ({ startSeconds, lengthSeconds, seed }) => {
        const random = randomStream(seed, 0);
        const probabilities = Float32Array.from({ length: 155 / GATE_FRAME_SECONDS }, () => random());
        const island = { startSeconds, endSeconds: startSeconds + lengthSeconds };
        const parts = cutAtPauses([island], probabilities);
        expect(parts[0]!.startSeconds).toBe(island.startSeconds);
        expect(parts.at(-1)!.endSeconds).toBe(island.endSeconds);
        for (const [i, part] of parts.entries()) {
          if (i > 0) expect(part.startSeconds).toBe(parts[i - 1]!.endSeconds);
          const seconds = part.endSeconds - part.startSeconds;
          expect(seconds).toBeLessThanOrEqual(30 - 2 * 0.01);
          if (parts.length > 1) expect(seconds).toBeGreaterThanOrEqual(5);
        }
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  test('what subtitles cover is left out, and scraps between them too', () => {
    const islands = [
      { startSeconds: 0, endSeconds: 10 },
      { startSeconds: 20, endSeconds: 22 },
    ];
    const lines = [
      { startSeconds: 6, endSeconds: 12 },
      { startSeconds: 2, endSeconds: 4 },
      { startSeconds: 3, endSeconds: 5.7 },
      { startSeconds: 20, endSeconds: 21.4 },
    ];
    expect(rounded(uncoveredIslands(islands, lines))).toEqual([
      [0, 2],
      [21.4, 22],
    ]);
    expect(uncoveredIslands(islands, [])).toEqual(islands);
  });

  test('the voice of a stretch is its likeliest quarter of a second', () => {
    const probabilities = gate([1, 0.1], [0.256, 0.9], [3, 0]);
    expect(voiceProbability(probabilities, { startSeconds: 0, endSeconds: 4 })).toBeCloseTo(0.9, 5);
    expect(voiceProbability(probabilities, { startSeconds: 2, endSeconds: 4 })).toBeCloseTo(0, 5);
    expect(voiceProbability(probabilities, { startSeconds: 90, endSeconds: 99 })).toBe(0);
  });
});

describe('the energy gate', () => {
  const loudFrom2To4 = (gain: number) =>
    Float32Array.from({ length: 16_000 * 6 }, (_, i) => {
      const second = i / 16_000;
      const level = second > 2 && second < 4 ? 0.2 * (0.6 + 0.4 * Math.sin(i * 0.002)) : 0.005;
      return gain * level * Math.sin(i * 0.2);
    });

  test.each([1, 0.01])('hears what stands out of the pauses at a volume of %d', async (gain) => {
    const islands = speechIslands(await energyGate.probabilities(loudFrom2To4(gain), never));
    expect(rounded(islands)).toEqual([[1.6, 4.4]]);
  });

  test('hears nothing in silence, and all of a sound without pauses', async () => {
    expect(speechIslands(await energyGate.probabilities(new Float32Array(16_000 * 3), never))).toEqual([]);
    const steady = Float32Array.from({ length: 16_000 * 3 }, (_, i) => 0.3 * Math.sin(i * 0.2));
    expect(rounded(speechIslands(await energyGate.probabilities(steady, never)))).toEqual([[0, 3]]);
  });
});

describe.skipIf(!existsSync(SILERO))('Silero on real sound', () => {
  let silero: SpeechGate;
  beforeAll(async () => {
    silero = await openSileroGate(SILERO);
  });
  afterAll(() => silero.close());

  async function samplesOf(file: string): Promise<Float32Array> {
    const argv = [
      '-v',
      'error',
      '-i',
      `${SHARED}media/${file}`,
      '-vn',
      '-ac',
      '1',
      '-ar',
      '16000',
      '-f',
      'f32le',
      '-',
    ];
    const bytes = execFileSync('ffmpeg', argv, { maxBuffer: 64 * 1024 * 1024 });
    return new Float32Array(new Uint8Array(bytes).buffer);
  }

  async function windows(file: string): Promise<number> {
    const samples = await samplesOf(file);
    return speechReel(samples, speechIslands(await silero.probabilities(samples, never))).clips.length;
  }

  test('a frame is heard with the 4 ms before it and with what the network remembers', async () => {
    const samples = (await samplesOf('jfk.wav')).subarray(0, 60 * 512 - 100);
    const session = await InferenceSession.create(SILERO, { intraOpNumThreads: 1 });
    const padded = Float32Array.from({ length: 64 + 60 * 512 }, (_, i) => samples[i - 64] ?? 0);
    const expected: number[] = [];
    let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
    for (let frame = 0; frame < 60; frame++) {
      const heard = padded.slice(frame * 512, frame * 512 + 576);
      const input = new Tensor('float32', heard, [1, 576]);
      const output = await session.run({ input, state, sr: new Tensor('int64', [16_000n], []) });
      expected.push((output.output!.data as Float32Array)[0]!);
      state = output.stateN as typeof state;
    }
    await session.release();
    expect(Math.max(...expected)).toBeGreaterThan(0.9);
    expect([...(await silero.probabilities(samples, never))]).toEqual(expected);
  });

  test.each(['big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'])(
    '%s sends no window',
    async (file) => {
      expect(await windows(file)).toBe(0);
    },
  );

  test.each(['jfk.wav', 'sintel-trailer.mp4'])('%s sends its speech', async (file) => {
    expect(await windows(file)).toBe(1);
  });

  test('every read sentence passes', async () => {
    const files = readdirSync(`${SHARED}media/speech`).filter((file) => file.endsWith('.ogg'));
    expect(files).toHaveLength(10);
    for (const file of files) expect(await windows(`speech/${file}`)).toBe(1);
  });

  test('a cancelled run stops', async () => {
    const aborted = AbortSignal.abort();
    await expect(silero.probabilities(new Float32Array(16_000), aborted)).rejects.toThrow('aborted');
  });
});

test('a file that is no graph is refused with what to do', async () => {
  await expect(openSileroGate(fileURLToPath(import.meta.url))).rejects.toMatchObject({
    code: 'MODEL_INVALID',
  });
});
