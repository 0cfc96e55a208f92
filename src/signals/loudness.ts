import { quantile } from './features.js';

/** Below it a block counts as nothing (the absolute gate of ITU-R BS.1770-4). */
export const QUIETEST_LUFS = -70;

const BLOCK_SECONDS = 0.4;
const BLOCK_STEP_SECONDS = 0.1;
const WINDOW_SECONDS = 3; // short-term loudness, EBU Tech 3341
const WINDOW_STEP_SECONDS = 1;

/** Mean power of the K-weighted samples in steps of 100 ms: all loudness values are made from these. */
export interface LoudnessCurve {
  stepSeconds: number;
  powers: Float64Array;
}

/** @param samples mono; the loudness is that of one channel of ITU-R BS.1770-4 */
export function loudnessCurve(samples: Float32Array, sampleRate: number): LoudnessCurve {
  const step = Math.round(BLOCK_STEP_SECONDS * sampleRate);
  const powers = new Float64Array(Math.ceil(samples.length / step));
  const shelf = highShelf(sampleRate);
  const pass = highPass(sampleRate);
  // What the filters remember stays in variables of this loop: as closures they take three times as long.
  let [x1, x2, s1, s2, y1, y2] = [0, 0, 0, 0, 0, 0];
  for (let place = 0; place < powers.length; place++) {
    const end = Math.min(samples.length, (place + 1) * step);
    let sum = 0;
    for (let i = place * step; i < end; i++) {
      const x = samples[i]!;
      const s = shelf.b0 * x + shelf.b1 * x1 + shelf.b2 * x2 - shelf.a1 * s1 - shelf.a2 * s2;
      const y = pass.b0 * s + pass.b1 * s1 + pass.b2 * s2 - pass.a1 * y1 - pass.a2 * y2;
      sum += y * y;
      x2 = x1;
      x1 = x;
      s2 = s1;
      s1 = s;
      y2 = y1;
      y1 = y;
    }
    powers[place] = sum / (end - place * step);
  }
  return { stepSeconds: BLOCK_STEP_SECONDS, powers };
}

/** Loudness in LUFS of a mean power. */
export function lufs(power: number): number {
  return power > 0 ? Math.max(-120, -0.691 + 10 * Math.log10(power)) : -120;
}

/** Loudness of the blocks of 400 ms that begin every 100 ms inside the range, in LUFS. */
export function blockLoudness(curve: LoudnessCurve, from = 0, to = Number.POSITIVE_INFINITY): number[] {
  return windowPowers(slice(curve, from, to), BLOCK_SECONDS, BLOCK_STEP_SECONDS).map(lufs);
}

/** Ungated loudness of the range in LUFS. */
export function rangeLoudness(curve: LoudnessCurve, from: number, to: number): number {
  return lufs(meanOf(slice(curve, from, to).powers));
}

/** Integrated loudness of ITU-R BS.1770-4 in LUFS, with the absolute and the relative (−10 LU) gate. */
export function integratedLoudness(curve: LoudnessCurve): number {
  const blocks = audible(windowPowers(curve, BLOCK_SECONDS, BLOCK_STEP_SECONDS));
  const gate = lufs(meanOf(blocks)) - 10;
  return lufs(meanOf(blocks.filter((power) => lufs(power) > gate)));
}

/** Loudness range of EBU Tech 3342 in LU: 3 s windows, relative gate −20 LU, 95th − 10th percentile. */
export function loudnessRange(curve: LoudnessCurve): number | null {
  const windows = audible(windowPowers(curve, WINDOW_SECONDS, WINDOW_STEP_SECONDS));
  const gate = lufs(meanOf(windows)) - 20;
  const heard = windows.map(lufs).filter((level) => level > gate);
  return heard.length < 2 ? null : quantile(heard, 0.95) - quantile(heard, 0.1);
}

function audible(powers: readonly number[]): number[] {
  return powers.filter((power) => lufs(power) > QUIETEST_LUFS);
}

function windowPowers(
  { stepSeconds, powers }: LoudnessCurve,
  seconds: number,
  everySeconds: number,
): number[] {
  const length = Math.min(Math.round(seconds / stepSeconds), Math.max(1, powers.length));
  const every = Math.round(everySeconds / stepSeconds);
  const windows: number[] = [];
  for (let start = 0; start + length <= powers.length; start += every) {
    windows.push(meanOf(powers.subarray(start, start + length)));
  }
  return windows;
}

function slice({ stepSeconds, powers }: LoudnessCurve, from: number, to: number): LoudnessCurve {
  return {
    stepSeconds,
    powers: powers.subarray(Math.round(from / stepSeconds), Math.round(Math.min(to, 1e9) / stepSeconds)),
  };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** y = b0 x + b1 x′ + b2 x″ − a1 y′ − a2 y″, where ′ is one sample ago and ″ two. */
interface Biquad {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

// The two K-weighting filters of ITU-R BS.1770 by the analogue parameters that give its 48 kHz table
// (Mansbridge, Finn & Reiss 2012), so that they hold at 16 kHz too.

function highShelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const a0 = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / q + k * k) / a0,
  };
}

function highPass(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 };
}
