import { existsSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { POINTS, transform } from '../../../src/signals/speech/fourier.js';
import { HOP, logMel, melWindow, WINDOW_FRAMES } from '../../../src/signals/speech/log-mel.js';
import { melFilters } from '../../../src/signals/speech/mel-filters.js';

const FILTERS = new URL('../../../../shared/models/tokenizers/whisper-mel-filters.npz', import.meta.url);
const JFK = new URL('../../../../shared/media/jfk.wav', import.meta.url);

/** Power of one frame by the definition of the Fourier transform; the sound is mirrored before, silent behind. */
function plainPower(samples: Float32Array, frame: number): number[] {
  const windowed = Array.from({ length: 400 }, (_, i) => {
    const at = Math.abs(frame * HOP - 200 + i);
    return (samples[at] ?? 0) * Math.sin((Math.PI * i) / 400) ** 2;
  });
  return Array.from({ length: 201 }, (_, k) => {
    let real = 0;
    let imaginary = 0;
    for (const [i, value] of windowed.entries()) {
      real += value * Math.cos((2 * Math.PI * k * i) / 400);
      imaginary -= value * Math.sin((2 * Math.PI * k * i) / 400);
    }
    return real ** 2 + imaginary ** 2;
  });
}

/** The filter bank as librosa.filters.mel(sr=16000, n_fft=400) defines it, as a full matrix. */
function plainFilters(bins: number): number[][] {
  const hertz = (mel: number) => (mel < 15 ? (mel * 200) / 3 : 1000 * 6.4 ** ((mel - 15) / 27));
  const top = 15 + (27 * Math.log(8)) / Math.log(6.4); // 8 kHz
  const points = Array.from({ length: bins + 2 }, (_, i) => hertz((i * top) / (bins + 1)));
  return Array.from({ length: bins }, (_, i) => {
    const [low, centre, high] = points.slice(i, i + 3) as [number, number, number];
    return Array.from({ length: 201 }, (_row, k) => {
      const rising = (k * 40 - low) / (centre - low);
      const falling = (high - k * 40) / (high - centre);
      return (Math.max(0, Math.min(rising, falling)) * 2) / (high - low);
    });
  });
}

function plainLogMel(samples: Float32Array, bins: number): number[][] {
  const filters = plainFilters(bins);
  const logs = Array.from({ length: Math.floor(samples.length / HOP) }, (_, frame) => {
    const power = plainPower(samples, frame);
    return filters.map((row) =>
      Math.log10(
        Math.max(
          1e-10,
          row.reduce((sum, weight, k) => sum + weight * power[k]!, 0),
        ),
      ),
    );
  });
  const loudest = Math.max(...logs.flat());
  return logs.map((frame) => frame.map((value) => (Math.max(value, loudest - 8) + 4) / 4));
}

/** A float32 matrix of an .npz archive (zip, deflated), row after row. */
function npzMatrix(archive: Buffer, name: string): Float32Array {
  const header = archive.indexOf(`${name}.npy`) - 30;
  const dataStart = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const npy = inflateRawSync(archive.subarray(dataStart));
  const values = npy.subarray(10 + npy.readUInt16LE(8));
  return Float32Array.from({ length: values.length / 4 }, (_, i) => values.readFloatLE(4 * i));
}

function expectClose(actual: Float32Array, expected: readonly number[], tolerance: number) {
  expect(actual).toHaveLength(expected.length);
  let worst = 0;
  for (const [i, value] of expected.entries()) worst = Math.max(worst, Math.abs(actual[i]! - value));
  expect(worst).toBeLessThan(tolerance);
}

test('the transform of 400 points is the sum that defines it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 800, maxLength: 800 }),
      (x) => {
        const real = Float64Array.from(x.slice(0, POINTS));
        const imaginary = Float64Array.from(x.slice(POINTS));
        transform(real, imaginary);
        for (const k of [0, 1, 7, 80, 199, 200, 255, 399]) {
          let sumReal = 0;
          let sumImaginary = 0;
          for (let i = 0; i < POINTS; i++) {
            const angle = (-2 * Math.PI * k * i) / POINTS;
            sumReal += x[i]! * Math.cos(angle) - x[POINTS + i]! * Math.sin(angle);
            sumImaginary += x[i]! * Math.sin(angle) + x[POINTS + i]! * Math.cos(angle);
          }
          expect(Math.abs(real[k]! - sumReal)).toBeLessThan(1e-10);
          expect(Math.abs(imaginary[k]! - sumImaginary)).toBeLessThan(1e-10);
        }
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

describe.each([80, 128])('with %i bins', (bins) => {
  test('log-mel values are those of the plain definition, from speech level down to silence', () => {
    const samples = Float32Array.from({ length: 8000 + 77 }, (_, i) => {
      const fade = Math.exp(-i / 3000);
      return fade * (0.4 * Math.sin(i * 0.3) + 0.1 * Math.sin(i * i * 1e-4));
    }).fill(0, 6000);
    const { frames, values } = logMel(samples, bins);
    expect(frames).toBe(50);
    expectClose(values, plainLogMel(samples, bins).flat(), 1e-6);
  });

  test.skipIf(!existsSync(FILTERS))("the filters are Whisper's own", () => {
    const whispers = npzMatrix(readFileSync(FILTERS), `mel_${bins}`);
    const ours = new Float32Array(bins * 201);
    for (const [i, { first, weights }] of melFilters(bins).entries()) ours.set(weights, i * 201 + first);
    expectClose(ours, [...whispers], 1e-8);
  });

  test.skipIf(!existsSync(JFK))('log-mel values of real speech are those of the plain definition', () => {
    const wav = readFileSync(JFK);
    const start = wav.indexOf('data') + 8 + 2 * 16_000;
    const samples = Float32Array.from({ length: 8000 }, (_, i) => wav.readInt16LE(start + 2 * i) / 32_768);
    expectClose(logMel(samples, bins).values, plainLogMel(samples, bins).flat(), 1e-6);
  });
});

test('digital silence and sounds shorter than a frame have a spectrogram too', () => {
  expect([...new Set(logMel(new Float32Array(1600), 80).values)]).toEqual([-1.5]);
  expect(logMel(Float32Array.of(0.5, -0.5), 80).frames).toBe(0);
});

test('a window holds the asked frames bin after bin and zeros behind them', () => {
  const mel = { bins: 2, frames: 5, values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) };
  const window = new Float32Array(2 * WINDOW_FRAMES).fill(7);
  melWindow(mel, 1, 3, window);
  expect([...window.subarray(0, 5)]).toEqual([3, 5, 7, 0, 0]);
  expect([...window.subarray(WINDOW_FRAMES, WINDOW_FRAMES + 5)]).toEqual([4, 6, 8, 0, 0]);
  expect(window.at(-1)).toBe(0);
});
