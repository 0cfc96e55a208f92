import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sound } from '../../src/media/decoded.js';
import { integratedLoudness, loudnessCurve, loudnessRange } from '../../src/signals/loudness.js';
import { onsets, tempo } from '../../src/signals/rhythm.js';
import { embedSound, type MeasuredSound, measureSound } from '../../src/signals/sound.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../../src/signals/sound-features.js';
import { FRAMES_PER_SECOND, soundFrames } from '../../src/signals/sound-frames.js';
import { forEachSpectrum } from '../../src/signals/spectrum.js';
import { readStatistics } from '../../src/signals/statistics.js';
import { clicks, noise, SAMPLE_RATE, sine, soundOf } from './media.js';

const statistics = await readStatistics('models/compact/statistics.json');
const STRETCH_COUNT = Object.keys(STRETCH_FEATURES).length;

function firstStretch(sound: Sound): MeasuredSound['stretches'][number]['values'] {
  return measureSound(sound).stretches[0]!.values;
}

describe('the spectrum', () => {
  it('agrees with the Fourier sum written out', () => {
    const wave = noise();
    const samples = Float32Array.from({ length: 512 }, () => wave());
    forEachSpectrum(samples, (power) => {
      for (const bin of [0, 1, 7, 100, 255, 256]) {
        let re = 0;
        let im = 0;
        samples.forEach((sample, i) => {
          const value = sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 512));
          re += value * Math.cos((2 * Math.PI * bin * i) / 512);
          im += value * Math.sin((2 * Math.PI * bin * i) / 512);
        });
        expect(power[bin]).toBeCloseTo(re * re + im * im, 6);
      }
    });
  });

  it.each([250, 1000, 4000])(
    'finds the centroid and the rolloff of a sine of %d Hz at its frequency',
    (hertz) => {
      const values = firstStretch(soundOf(5, sine(hertz, 0.5)));
      expect(Math.abs(2 ** values.centroid! - hertz)).toBeLessThan(20);
      expect(Math.abs(2 ** values.rolloff! - hertz)).toBeLessThan(40);
    },
  );

  it('calls white noise flat and a sine anything but', () => {
    const flat = firstStretch(soundOf(5, noise(0.5)));
    expect(flat.flatness).toBeGreaterThan(-3.5); // −2.5 dB is the expectation for Gaussian noise
    expect(Math.abs(2 ** flat.centroid! - 4000)).toBeLessThan(200);
    expect(firstStretch(soundOf(5, sine(1000, 0.5))).flatness).toBeLessThan(-40);
  });

  it('has flux where the sound changes and none in a steady tone', () => {
    expect(firstStretch(soundOf(5, sine(440, 0.5))).flux).toBeLessThan(0.05);
    expect(firstStretch(soundOf(5, clicks(4))).flux).toBeGreaterThan(1);
    expect(soundFrames(soundOf(1, sine(440, 0.5)).samples).flux[0]).toBe(0); // nothing was before it
  });
});

describe('loudness', () => {
  const loudnessOf = (sound: Sound) => integratedLoudness(loudnessCurve(sound.samples, SAMPLE_RATE));

  it('gives −3.01 LUFS to a full-scale sine of 997 Hz, as ITU-R BS.1770 says', () => {
    expect(Math.abs(loudnessOf(soundOf(5, sine(997))) - -3.01)).toBeLessThan(0.1);
  });

  it('falls by 20 LU when the amplitude falls to a tenth', () => {
    const wave = noise();
    const loud = soundOf(5, wave);
    const soft: Sound = { ...loud, samples: loud.samples.map((sample) => sample / 10) };
    expect(loudnessOf(loud) - loudnessOf(soft)).toBeCloseTo(20, 2);
  });

  it('leaves the pauses out of the integrated loudness', () => {
    const gaps = soundOf(20, (t) => (t % 4 < 2 ? sine(997, 0.1)(t) : 0));
    expect(Math.abs(loudnessOf(gaps) - -23.01)).toBeLessThan(0.7); // the blocks that straddle an edge remain
  });

  it('finds a range of 20 LU between two levels that are 20 dB apart', () => {
    const levels = soundOf(60, (t) => sine(997, t < 30 ? 0.02 : 0.2)(t));
    expect(Math.abs(loudnessRange(loudnessCurve(levels.samples, SAMPLE_RATE))! - 20)).toBeLessThan(0.5);
  });

  it('leaves what is far below the rest out of the range', () => {
    const levels = soundOf(90, (t) => sine(997, t < 30 ? 0.0005 : t < 60 ? 0.02 : 0.2)(t));
    expect(Math.abs(loudnessRange(loudnessCurve(levels.samples, SAMPLE_RATE))! - 20)).toBeLessThan(0.5);
  });

  it('finds the rise of a sound that swells by 30 dB', () => {
    const swelling = soundOf(60, (t) => sine(997, 0.9 * 10 ** ((-30 * (1 - t / 60)) / 20))(t));
    expect(Math.abs(measureSound(swelling).whole.loudnessRise! - 30)).toBeLessThan(1);
  });

  it('knows which share of a stretch is silent', () => {
    const half = soundOf(10, (t) => (t < 5 ? sine(440, 0.3)(t) : 0));
    const [loud, silent] = measureSound(half).stretches;
    expect(loud!.values.silence).toBe(0);
    expect(silent!.values.silence).toBeGreaterThan(0.9);
    expect(silent!.values.centroid).toBeNull();
  });
});

describe('rhythm', () => {
  it.each([1, 2, 4])('counts the onsets of %d clicks a second', (perSecond) => {
    const sound = soundOf(20, clicks(perSecond));
    const found = onsets(soundFrames(sound.samples).flux, FRAMES_PER_SECOND);
    expect(Math.abs(found.length - 20 * perSecond)).toBeLessThanOrEqual(1);
  });

  it('hears no onsets in steady noise', () => {
    expect(firstStretch(soundOf(10, noise(0.3))).onsetRate).toBe(0);
  });

  it.each([70, 100, 120, 150])('finds a tempo of %d beats a minute within 2 per cent', (beatsPerMinute) => {
    const found = tempo(
      soundFrames(soundOf(30, clicks(beatsPerMinute / 60)).samples).flux,
      FRAMES_PER_SECOND,
    )!;
    expect(Math.abs(found.beatsPerMinute / beatsPerMinute - 1)).toBeLessThan(0.02);
    expect(found.clarity).toBeGreaterThan(0.5);
  });

  it('finds no clear pulse in noise', () => {
    const found = tempo(soundFrames(soundOf(30, noise(0.3)).samples).flux, FRAMES_PER_SECOND);
    expect(found?.clarity ?? 0).toBeLessThan(0.2);
  });
});

describe('likeness to speech and music', () => {
  const chord = (t: number) => 0.2 * (sine(220)(t) + sine(277.2)(t) + sine(329.6)(t) + 0.5 * sine(660)(t));
  /** Syllables of uneven length, a gliding voice in each, with pauses between them. */
  const talk = (() => {
    const beginnings: number[] = [];
    const jitter = noise();
    for (let t = 0; t < 20; t += 0.22 + 0.08 * jitter()) beginnings.push(t);
    return (t: number) => {
      const start = beginnings.findLast((beginning) => beginning <= t)!;
      const share = (t - start) / 0.16;
      if (share > 1) return 0;
      const phase = 2 * Math.PI * (140 - 15 * share) * t;
      let voice = 0;
      for (let h = 1; h <= 20; h++) voice += Math.sin(h * phase) / (1 + Math.abs(h - 5));
      return 0.15 * Math.sin(Math.PI * share) ** 2 * voice;
    };
  })();

  it.each<[string, (t: number) => number, 'speechLike' | 'musicLike' | null]>([
    ['talk', talk, 'speechLike'],
    ['a chord', chord, 'musicLike'],
    ['a drum machine', clicks(4), 'musicLike'],
    ['steady noise', noise(0.3), null],
    ['silence', () => 0, null],
  ])('hears in %s what is in it', (_, wave, kind) => {
    const { stretches } = measureSound(soundOf(10, wave));
    const { speechLike, musicLike } = stretches[0]!.values;
    expect(speechLike! > 0.5).toBe(kind === 'speechLike');
    expect(musicLike! > 0.5).toBe(kind === 'musicLike');
    if (kind === null) expect(speechLike! + musicLike!).toBeLessThan(0.1);
  });
});

describe('the sound embedding', () => {
  it('has moments of five seconds that tile the sound', () => {
    const { moments } = embedSound(soundOf(12, sine(440, 0.3)), statistics);
    expect(moments.map((moment) => [moment.startSeconds, moment.endSeconds])).toEqual([
      [0, 5],
      [5, 12],
    ]);
  });

  it('begins with the mean of its moments, each by its seconds, and ends with what only the whole has', () => {
    const { moments, vector } = embedSound(
      soundOf(12, (t) => (t < 5 ? clicks(3)(t) : sine(440, 0.1)(t))),
      statistics,
    );
    const [first, second] = moments.map((moment) => moment.vector);
    for (let k = 0; k < STRETCH_COUNT; k++) {
      expect(vector![k]).toBeCloseTo((5 * first![k]! + 7 * second![k]!) / 12, 5);
    }
    expect(vector).toHaveLength(STRETCH_COUNT + Object.keys(SOUND_FEATURES).length);
  });

  it.each([
    ['MISSING', /no sound/],
    ['SILENT', /silent/],
  ] as const)('marks a %s track with its reason, never zeroes it', (state, reason) => {
    const embedding = embedSound(
      { samples: new Float32Array(SAMPLE_RATE), sampleRate: SAMPLE_RATE, state },
      statistics,
    );
    expect(embedding).toMatchObject({ vector: null, moments: [] });
    expect(embedding.missingReason).toMatch(reason);
  });

  it('stays finite and clipped whatever the samples are', () => {
    const samples = fc.float32Array({ minLength: 600, maxLength: 40_000, min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples, (values) => {
        const { vector, measures } = embedSound(
          { samples: values, sampleRate: SAMPLE_RATE, state: 'PRESENT' },
          statistics,
        );
        expect(vector!.every((value) => Math.abs(value) <= 3)).toBe(true);
        expect(Object.values(measures).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
