/** One triangle of the filter bank: `weights[i]` belongs to frequency bin `first + i`. */
export interface MelFilter {
  first: number;
  weights: Float64Array;
}

const SAMPLE_RATE = 16_000;
const POINTS = 400;

/** Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, 27 steps for each factor of 6.4 above it. */
const HERTZ_PER_MEL = 200 / 3;
const BREAK_HERTZ = 1000;
const BREAK_MEL = BREAK_HERTZ / HERTZ_PER_MEL; // 15
const LOG_STEP = Math.log(6.4) / 27;

const toMel = (hertz: number): number =>
  hertz < BREAK_HERTZ ? hertz / HERTZ_PER_MEL : BREAK_MEL + Math.log(hertz / BREAK_HERTZ) / LOG_STEP;
const toHertz = (mel: number): number =>
  mel < BREAK_MEL ? mel * HERTZ_PER_MEL : BREAK_HERTZ * Math.exp((mel - BREAK_MEL) * LOG_STEP);

/**
 * Whisper's mel filter bank: `bins` triangles, evenly spaced on Slaney's mel scale from 0 to 8 kHz, each of unit
 * area, over the 201 frequencies of a 400-point spectrum at 16 kHz.
 */
export function melFilters(bins: number): MelFilter[] {
  const top = toMel(SAMPLE_RATE / 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) => toHertz((top * i) / (bins + 1)));
  return Array.from({ length: bins }, (_, i) => triangle(edges[i]!, edges[i + 1]!, edges[i + 2]!));
}

function triangle(low: number, centre: number, high: number): MelFilter {
  const area = 2 / (high - low);
  let first = 0;
  const weights: number[] = [];
  for (let bin = 0; bin <= POINTS / 2; bin++) {
    const hertz = (bin * SAMPLE_RATE) / POINTS;
    const weight = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
    if (weight <= 0) continue;
    if (weights.length === 0) first = bin;
    weights.push(weight * area);
  }
  return { first, weights: Float64Array.from(weights) };
}
