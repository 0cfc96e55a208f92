import { mean } from './features.js';

const NEIGHBOURHOOD_SECONDS = 0.4; // each way; an onset stands out of it
const SHORTEST_INTERVAL_SECONDS = 0.08; // between two onsets; less is one attack
const LEAST_RISE = 2; // dB over the surroundings; noise alone stays below it
const SLOWEST = 40; // beats a minute
const FASTEST = 240; // beats a minute
const PREFERRED = 120; // beats a minute, the centre of the weighting (Ellis 2007)
const PREFERENCE_OCTAVES = 1; // its deviation

/** Frames at which something new begins: local maxima of the flux that stand LEAST_RISE over their surroundings. */
export function onsets(flux: Float32Array, framesPerSecond: number): number[] {
  const reach = Math.round(NEIGHBOURHOOD_SECONDS * framesPerSecond);
  const apart = Math.round(SHORTEST_INTERVAL_SECONDS * framesPerSecond);
  const found: number[] = [];
  for (let i = 1; i < flux.length - 1; i++) {
    const value = flux[i]!;
    if (value < flux[i - 1]! || value <= flux[i + 1]!) continue;
    if (value - mean(flux.subarray(Math.max(0, i - reach), i + reach + 1)) < LEAST_RISE) continue;
    const last = found.at(-1);
    if (last !== undefined && i - last < apart) {
      if (value > flux[last]!) found[found.length - 1] = i;
    } else {
      found.push(i);
    }
  }
  return found;
}

export interface Tempo {
  beatsPerMinute: number;
  /** Autocorrelation at the beat over that at lag 0: 1 for a machine, near 0 without a pulse. */
  clarity: number;
}

/** The strongest pulse between 40 and 240 beats a minute, or null where the flux is flat or too short. */
export function tempo(flux: Float32Array, framesPerSecond: number): Tempo | null {
  const longest = Math.ceil((60 / SLOWEST) * framesPerSecond);
  const shortest = Math.floor((60 / FASTEST) * framesPerSecond);
  if (flux.length < 3 * longest) return null;
  const centre = mean(flux);
  const centred = flux.map((value) => value - centre);
  const power = correlation(centred, 0);
  if (power < 1e-6) return null;
  const correlations = Float64Array.from(
    { length: longest + 2 },
    (_, lag) => correlation(centred, lag) / power,
  );
  let best = 0;
  let strongest = 0;
  for (let lag = shortest; lag <= longest; lag++) {
    const value = correlations[lag]!;
    if (value < correlations[lag - 1]! || value < correlations[lag + 1]!) continue;
    const octaves = Math.log2((60 * framesPerSecond) / lag / PREFERRED) / PREFERENCE_OCTAVES;
    const weighted = value * Math.exp(-0.5 * octaves * octaves);
    if (weighted > strongest) {
      strongest = weighted;
      best = lag;
    }
  }
  if (best === 0) return null;
  const lag = best + peakOffset(correlations[best - 1]!, correlations[best]!, correlations[best + 1]!);
  return { beatsPerMinute: (60 * framesPerSecond) / lag, clarity: Math.min(1, correlations[best]!) };
}

/** Mean product with itself `lag` frames later. */
function correlation(values: Float32Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += values[i]! * values[i - lag]!;
  return sum / (values.length - lag);
}

/** Where the parabola through three neighbouring values peaks, −0.5 … 0.5 from the middle one. */
function peakOffset(before: number, peak: number, after: number): number {
  const curvature = before - 2 * peak + after;
  return curvature === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curvature)));
}
