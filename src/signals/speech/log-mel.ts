import { POINTS, transform } from './fourier.js';
import { type MelFilter, melFilters } from './mel-filters.js';

/** Samples from frame to frame: 10 ms at 16 kHz. */
export const HOP = 160;
export const FRAMES_PER_SECOND = 100; // 16,000 / 160
/** Frames of the window that Whisper reads: 30 s. */
export const WINDOW_FRAMES = 30 * FRAMES_PER_SECOND;

/** Whisper's view of a sound: log-mel values, scaled so that speech lies at about −1 … 1. */
export interface LogMel {
  bins: number;
  /** Whole frames of the sound: floor(samples / 160). */
  frames: number;
  /** frames × bins, frame after frame. */
  values: Float32Array;
}

const FLOOR = 1e-10;
/** Values more than 8 powers of ten (80 dB) below the loudest are raised to there. */
const RANGE = 8;

const HALF = POINTS / 2;
/** Hann, periodic. */
const WINDOW = Float64Array.from(
  { length: POINTS },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / POINTS),
);
const filterBanks = new Map<number, MelFilter[]>();

/**
 * The log-mel spectrogram that Whisper was trained on (Radford et al. 2022, section 2.2, and `whisper/audio.py`):
 * Hann windows of 400 samples centred 160 apart, the power spectrum, Slaney's mel triangles, log10 no lower than
 * 80 dB under the loudest value, then (x + 4) / 4. Before the sound it is mirrored, behind it is silence.
 *
 * @param samples 16 kHz mono, −1 … 1
 * @param bins 80, or 128 for large-v3 and its kin
 */
export function logMel(samples: Float32Array, bins: number): LogMel {
  const filters = filterBank(bins);
  const frames = Math.floor(samples.length / HOP);
  const values = new Float32Array(frames * bins);
  const real = new Float64Array(POINTS);
  const imaginary = new Float64Array(POINTS);
  const power = new Float64Array(HALF + 1);
  const nextPower = new Float64Array(HALF + 1);
  let loudest = Math.log10(FLOOR);
  for (let frame = 0; frame < frames; frame += 2) {
    windowed(samples, frame, real);
    windowed(samples, frame + 1, imaginary);
    transform(real, imaginary);
    splitPowers(real, imaginary, power, nextPower);
    loudest = Math.max(loudest, logFiltered(power, filters, values.subarray(frame * bins)));
    if (frame + 1 < frames) {
      loudest = Math.max(loudest, logFiltered(nextPower, filters, values.subarray((frame + 1) * bins)));
    }
  }
  const floor = loudest - RANGE;
  for (let i = 0; i < values.length; i++) values[i] = (Math.max(values[i]!, floor) + 4) / 4;
  return { bins, frames, values };
}

/**
 * Writes a window for the encoder: bins × 3,000 values, bin after bin; zero behind the frames that are taken.
 *
 * @param start first frame
 * @param length frames taken, up to 3,000
 */
export function melWindow(mel: LogMel, start: number, length: number, into: Float32Array): void {
  into.fill(0);
  const end = Math.min(start + length, mel.frames);
  for (let frame = start; frame < end; frame++) {
    const from = frame * mel.bins;
    for (let bin = 0; bin < mel.bins; bin++)
      into[bin * WINDOW_FRAMES + frame - start] = mel.values[from + bin]!;
  }
}

function filterBank(bins: number): MelFilter[] {
  let filters = filterBanks.get(bins);
  if (!filters) {
    filters = melFilters(bins);
    filterBanks.set(bins, filters);
  }
  return filters;
}

/** The windowed samples of one frame: its centre lies at sample `frame` × HOP. */
function windowed(samples: Float32Array, frame: number, into: Float64Array): void {
  const start = frame * HOP - HALF;
  for (let i = 0; i < POINTS; i++) {
    const at = Math.abs(start + i);
    into[i] = at < samples.length ? samples[at]! * WINDOW[i]! : 0;
  }
}

/** Powers of two real signals that were transformed as one complex signal, by the symmetry of their spectra. */
function splitPowers(
  real: Float64Array,
  imaginary: Float64Array,
  first: Float64Array,
  second: Float64Array,
): void {
  for (let k = 0; k <= HALF; k++) {
    const mirror = k === 0 ? 0 : POINTS - k;
    const sumReal = real[k]! + real[mirror]!;
    const gapReal = real[k]! - real[mirror]!;
    const sumImaginary = imaginary[k]! + imaginary[mirror]!;
    const gapImaginary = imaginary[k]! - imaginary[mirror]!;
    first[k] = (sumReal * sumReal + gapImaginary * gapImaginary) / 4;
    second[k] = (sumImaginary * sumImaginary + gapReal * gapReal) / 4;
  }
}

/** Writes the log10 of each filter's sum; gives back the largest. */
function logFiltered(power: Float64Array, filters: readonly MelFilter[], into: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < filters.length; bin++) {
    const { first, weights } = filters[bin]!;
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[first + i]!;
    const value = Math.log10(Math.max(sum, FLOOR));
    into[bin] = value;
    if (value > largest) largest = value;
  }
  return largest;
}
