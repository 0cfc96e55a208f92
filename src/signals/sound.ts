import type { Sound } from '../media/decoded.js';
import { mean, normaliseAll, quantile, slope, timeWeights, weightedMean } from './features.js';
import {
  blockLoudness,
  integratedLoudness,
  type LoudnessCurve,
  loudnessCurve,
  loudnessRange,
  QUIETEST_LUFS,
  rangeLoudness,
} from './loudness.js';
import { onsets, type Tempo, tempo } from './rhythm.js';
import type { Moment, SignalEmbedding } from './signal.js';
import {
  SOUND_FEATURES,
  type SoundFeature,
  STRETCH_FEATURES,
  type StretchFeature,
} from './sound-features.js';
import { FRAMES_PER_SECOND, type SoundFrames, soundFrames } from './sound-frames.js';
import { type SoundKind, soundKinds } from './sound-kinds.js';
import { FRAME } from './spectrum.js';
import { type SignalStatistics, soundModel } from './statistics.js';

const STRETCH_SECONDS = 5;
const SILENT_LUFS = -50; // a trailer is mastered near −16 LUFS; this far below nobody hears it
const ABSENT_FRAME = 1e-9; // power 90 dB under full scale: such a frame has no spectrum worth a word

/** A stretch of sound as measured. A feature is null where there is nothing to measure it on. */
export interface MeasuredStretch {
  startSeconds: number;
  endSeconds: number;
  values: Record<StretchFeature, number | null>;
}

/** Everything measured of a trailer's sound, in plain units. */
export interface MeasuredSound {
  stretches: MeasuredStretch[];
  whole: Record<SoundFeature, number | null>;
  loudness: number;
  beat: Tempo | null;
}

/**
 * The sound signal. Moments are stretches of 5 s, each with one number a STRETCH_FEATURES; the whole is their
 * mean, weighted by length, followed by one number a SOUND_FEATURES. All are deviations from the shipped
 * statistics, clipped to ±CLIP.
 */
export function embedSound(sound: Sound, statistics: SignalStatistics): SignalEmbedding {
  const model = soundModel(statistics);
  const missingReason = whyMissing(sound);
  if (missingReason !== null) {
    return { signal: 'SOUND', model, vector: null, moments: [], measures: {}, missingReason };
  }
  const measured = measureSound(sound);
  const moments = measured.stretches.map(
    ({ startSeconds, endSeconds, values }): Moment => ({
      startSeconds,
      endSeconds,
      vector: normaliseAll(STRETCH_FEATURES, values, statistics.stretch),
      line: null,
      shotIndex: null,
    }),
  );
  const shared = weightedMean(
    moments.map((moment) => moment.vector),
    timeWeights(moments),
  );
  const own = normaliseAll(SOUND_FEATURES, measured.whole, statistics.sound);
  return {
    signal: 'SOUND',
    model,
    vector: Float32Array.of(...shared, ...own),
    moments,
    measures: plainMeasures(measured),
    missingReason: null,
  };
}

function whyMissing({ state, samples }: Sound): string | null {
  if (state === 'MISSING') return 'The file has no sound.';
  if (state === 'SILENT') return 'The sound track is silent.';
  return samples.length < FRAME ? 'The sound is too short to be measured.' : null;
}

export function measureSound({ samples, sampleRate }: Sound): MeasuredSound {
  const frames = soundFrames(samples);
  const curve = loudnessCurve(samples, sampleRate);
  const kinds = soundKinds(frames);
  const attacks = onsets(frames.flux, FRAMES_PER_SECOND).map((frame) => frame / FRAMES_PER_SECOND);
  const stretches = stretchTimes(samples.length / sampleRate).map(([startSeconds, endSeconds]) => ({
    startSeconds,
    endSeconds,
    values: measureStretch({ frames, curve, kinds, attacks }, startSeconds, endSeconds),
  }));
  const beat = tempo(frames.flux, FRAMES_PER_SECOND);
  return {
    stretches,
    whole: {
      loudnessRange: loudnessRange(curve),
      loudnessRise: loudnessRise(stretches),
      tempo: beat ? Math.log2(beat.beatsPerMinute) : null,
      pulseClarity: beat?.clarity ?? null,
    },
    loudness: integratedLoudness(curve),
    beat,
  };
}

/** Stretches of 5 s that tile the sound; a rest shorter than half of one joins the last. */
function stretchTimes(seconds: number): [number, number][] {
  const count = Math.max(1, Math.round(seconds / STRETCH_SECONDS));
  return Array.from({ length: count }, (_, i) => [
    i * STRETCH_SECONDS,
    i === count - 1 ? seconds : (i + 1) * STRETCH_SECONDS,
  ]);
}

interface Heard {
  frames: SoundFrames;
  curve: LoudnessCurve;
  kinds: readonly SoundKind[];
  /** Seconds. */
  attacks: readonly number[];
}

function measureStretch({ frames, curve, kinds, attacks }: Heard, from: number, to: number) {
  const blocks = blockLoudness(curve, from, to);
  const audible = blocks.filter((level) => level > QUIETEST_LUFS);
  const inside = kinds.filter(({ timeSeconds }) => timeSeconds >= from && timeSeconds < to);
  const silence = blocks.filter((level) => level < SILENT_LUFS).length / Math.max(1, blocks.length);
  const heard = 1 - silence;
  const spectral = spectralMeans(
    frames,
    Math.round(from * FRAMES_PER_SECOND),
    Math.round(to * FRAMES_PER_SECOND),
  );
  return {
    loudness: Math.max(QUIETEST_LUFS, rangeLoudness(curve, from, to)),
    dynamics: audible.length > 1 ? quantile(audible, 0.95) - quantile(audible, 0.1) : null,
    ...spectral,
    onsetRate: attacks.filter((time) => time >= from && time < to).length / (to - from),
    speechLike: inside.length > 0 ? heard * mean(inside.map(({ speech }) => speech)) : null,
    musicLike: inside.length > 0 ? heard * mean(inside.map(({ music }) => music)) : null,
    silence,
  };
}

/** Spectral shape of the frames that have a spectrum; null where none has. */
function spectralMeans(frames: SoundFrames, from: number, to: number) {
  const own: number[] = [];
  for (let i = from; i < Math.min(to, frames.power.length); i++)
    if (frames.power[i]! > ABSENT_FRAME) own.push(i);
  const over = (values: Float32Array, of = (value: number) => value) =>
    own.length === 0 ? null : mean(own.map((i) => of(values[i]!)));
  const octaves = (hertz: number) => Math.log2(Math.max(1, hertz));
  return {
    centroid: over(frames.centroid, octaves),
    rolloff: over(frames.rolloff, octaves),
    flatness: over(frames.flatness),
    flux: over(frames.flux),
  };
}

/** Rise of the loudness from the first stretch to the last by a straight line, in LU; null for fewer than 3. */
function loudnessRise(stretches: readonly MeasuredStretch[]): number | null {
  if (stretches.length < 3) return null;
  const end = stretches.at(-1)!.endSeconds;
  const times = stretches.map(({ startSeconds, endSeconds }) => (startSeconds + endSeconds) / 2 / end);
  return slope(
    times,
    stretches.map(({ values }) => values.loudness ?? QUIETEST_LUFS),
  );
}

/** The measures for people and for signal quality; shares 0 … 1, see docs/signals.md. */
function plainMeasures({ stretches, whole, loudness, beat }: MeasuredSound): Record<string, number> {
  const weights = timeWeights(stretches);
  const over = (feature: StretchFeature) =>
    stretches.reduce((sum, { values }, i) => sum + weights[i]! * (values[feature] ?? 0), 0);
  return {
    loudnessLufs: loudness,
    loudnessRange: whole.loudnessRange ?? 0,
    onsetsPerSecond: over('onsetRate'),
    beatsPerMinute: beat?.beatsPerMinute ?? 0,
    pulseClarity: beat?.clarity ?? 0,
    speechLikeShare: over('speechLike'),
    musicLikeShare: over('musicLike'),
    silenceShare: over('silence'),
  };
}
