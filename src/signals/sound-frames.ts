import { BINS, FRAME, forEachSpectrum, frameCount } from './spectrum.js';

const SAMPLE_RATE = 16_000;
/** Frames a second: 16,000 / 256. */
export const FRAMES_PER_SECOND = 62.5;

const BANDS = 32; // equal steps of log frequency
const LOWEST_BAND_HERTZ = 60;
const HERTZ_PER_BIN = SAMPLE_RATE / FRAME; // 31.25
const ROLLOFF_SHARE = 0.85;
const FULL_SCALE = FRAME ** 2 / 16; // power in the bin of a full-scale sine: (Σ window / 2)² = (512 / 4)²
const FLOOR = FULL_SCALE * 1e-9; // −90 dB: below it a band counts as empty, or the flux would follow dither
const BLOCK_BINS = 16; // 500 Hz: inside it the tilt of a spectrum hardly matters
const FIRST_BLOCK_BIN = 3; // 94 Hz
const BLOCKS = 8; // up to 4,094 Hz
const FIRST_SPEECH_BIN = Math.ceil(300 / HERTZ_PER_BIN); // the telephone band: 300 …
const LAST_SPEECH_BIN = Math.floor(3400 / HERTZ_PER_BIN); // … 3,400 Hz
const LEAST_POWER = 1e-12; // so that an empty bin has a logarithm

/** One value a frame of 32 ms, every 16 ms. */
export interface SoundFrames {
  /** Σ P over all bins, 1 for a full-scale sine. */
  power: Float32Array;
  /** The same between 300 and 3,400 Hz. */
  speechPower: Float32Array;
  /** Hz. */
  centroid: Float32Array;
  /** Hz. */
  rolloff: Float32Array;
  /** dB, 0 for a flat spectrum, below it otherwise. */
  flatness: Float32Array;
  /** dB: how far neighbouring bins differ, whatever the tilt; about 2.5 for noise, 8 and more for tones. */
  tonality: Float32Array;
  /** dB: mean rise over the bands against the frame before. */
  flux: Float32Array;
}

/** Spectral measures of each frame of 16 kHz mono samples; the formulas are in docs/signals.md, "Sound". */
export function soundFrames(samples: Float32Array): SoundFrames {
  const count = frameCount(samples);
  const frames: SoundFrames = {
    power: new Float32Array(count),
    speechPower: new Float32Array(count),
    centroid: new Float32Array(count),
    rolloff: new Float32Array(count),
    flatness: new Float32Array(count),
    tonality: new Float32Array(count),
    flux: new Float32Array(count),
  };
  const levels = new Float64Array(BANDS);
  const logs = new Float64Array(BINS);
  forEachSpectrum(samples, (power, frame) => {
    for (let bin = 1; bin < BINS; bin++) logs[bin] = Math.log(power[bin]! + LEAST_POWER);
    measureSpectrum(power, logs, { frame, frames });
    frames.tonality[frame] = tonalityOf(power, logs);
    frames.flux[frame] = bandRise(power, levels, frame === 0);
  });
  return frames;
}

/** @param logs natural logarithm of each power */
function measureSpectrum(
  power: Float64Array,
  logs: Float64Array,
  { frame, frames }: { frame: number; frames: SoundFrames },
): void {
  let total = 0;
  let moment = 0;
  let logSum = 0;
  for (let bin = 1; bin < BINS; bin++) {
    const value = power[bin]!;
    total += value;
    moment += value * (bin * HERTZ_PER_BIN);
    logSum += logs[bin]!;
  }
  let speech = 0;
  for (let bin = FIRST_SPEECH_BIN; bin <= LAST_SPEECH_BIN; bin++) speech += power[bin]!;
  // a Hann window spreads a sine over bins whose powers add up to 1.5 times its own
  frames.power[frame] = total / (1.5 * FULL_SCALE);
  frames.speechPower[frame] = speech / (1.5 * FULL_SCALE);
  frames.centroid[frame] = total > 0 ? moment / total : 0;
  frames.rolloff[frame] = rolloffHertz(power, total);
  frames.flatness[frame] =
    (10 / Math.LN10) * (logSum / (BINS - 1) - Math.log(total / (BINS - 1) + LEAST_POWER));
}

/** Mean over the blocks of 10 log10(mean of P / geometric mean of P). */
function tonalityOf(power: Float64Array, logs: Float64Array): number {
  let sum = 0;
  for (let block = 0; block < BLOCKS; block++) {
    let total = 0;
    let logSum = 0;
    const first = FIRST_BLOCK_BIN + block * BLOCK_BINS;
    for (let bin = first; bin < first + BLOCK_BINS; bin++) {
      total += power[bin]! + LEAST_POWER;
      logSum += logs[bin]!;
    }
    sum += Math.log(total / BLOCK_BINS) - logSum / BLOCK_BINS;
  }
  return ((10 / Math.LN10) * sum) / BLOCKS;
}

function rolloffHertz(power: Float64Array, total: number): number {
  let below = 0;
  for (let bin = 1; bin < BINS; bin++) {
    below += power[bin]!;
    if (below >= ROLLOFF_SHARE * total) return bin * HERTZ_PER_BIN;
  }
  return 0;
}

/** First bin of each band, and one behind the last; every band has at least one bin. */
const BAND_EDGES = Array.from({ length: BANDS + 1 }, (_, band) => {
  const hertz = LOWEST_BAND_HERTZ * (SAMPLE_RATE / 2 / LOWEST_BAND_HERTZ) ** (band / BANDS);
  return Math.round(hertz / HERTZ_PER_BIN);
});
for (let band = 1; band <= BANDS; band++) {
  BAND_EDGES[band] = Math.max(BAND_EDGES[band]!, BAND_EDGES[band - 1]! + 1);
}

/** Mean over the bands of max(0, rise of the level in dB); `levels` holds the frame before and takes this one. */
function bandRise(power: Float64Array, levels: Float64Array, first: boolean): number {
  let rise = 0;
  for (let band = 0; band < BANDS; band++) {
    let sum = 0;
    for (let bin = BAND_EDGES[band]!; bin < BAND_EDGES[band + 1]! && bin < BINS; bin++) sum += power[bin]!;
    const level = 10 * Math.log10(sum + FLOOR);
    if (!first) rise += Math.max(0, level - levels[band]!);
    levels[band] = level;
  }
  return rise / BANDS;
}
