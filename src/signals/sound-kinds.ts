import { mean, quantile } from './features.js';
import { FRAMES_PER_SECOND, type SoundFrames } from './sound-frames.js';

/** How much a window of sound is like speech and like music, each 0 … 1. */
export interface SoundKind {
  /** Middle of the window. */
  timeSeconds: number;
  speech: number;
  music: number;
}

const WINDOW = 125; // frames: 2 s, a few syllables and beats
const STEP = 31; // frames: about 0.5 s
const SHORTEST_LAG = 12; // frames: about 0.2 s, five pulses a second
const LONGEST_LAG = 62; // frames: about 1 s
const SYLLABLES_FROM = 2.5; // Hz: the rate of syllables lies around 4 Hz (Scheirer & Slaney 1997)
const SYLLABLES_TO = 8; // Hz
const MODULATION_STEP = 0.5; // Hz: one over the window
const MODULATION_RATES = 40; // 0.5 … 20 Hz

// Each pair is where a membership begins and where it is full. They were set by hand on eleven recordings of read
// speech in five languages, three film clips and generated noise, chords and drums (docs/signals.md, "Speech and music").
const DEPTH = [0.15, 0.35] as const; // speech falls silent between syllables, mixed music and noise do not
const SYLLABIC = [0.1, 0.3] as const; // share of the modulation at the rate of syllables
const PULSE = [0.45, 0.7] as const; // a beat repeats itself, syllables do not
const TONALITY = [2.8, 4.5] as const; // dB; noise has 2.5

/** The kind of each window of 2 s, every half second; sound shorter than a window has none. */
export function soundKinds(frames: SoundFrames): SoundKind[] {
  const kinds: SoundKind[] = [];
  for (let start = 0; start + WINDOW <= frames.power.length; start += STEP) {
    kinds.push({
      timeSeconds: (start + WINDOW / 2) / FRAMES_PER_SECOND,
      ...kindOf({
        ...modulation(frames.speechPower.subarray(start, start + WINDOW)),
        pulse: pulse(frames.flux.subarray(start, start + WINDOW)),
        tonality: quantile(frames.tonality.subarray(start, start + WINDOW), 0.5),
      }),
    });
  }
  return kinds;
}

interface WindowMeasures {
  depth: number;
  syllabic: number;
  pulse: number;
  tonality: number;
}

function kindOf({ depth, syllabic, pulse, tonality }: WindowMeasures): { speech: number; music: number } {
  const speech = ramp(depth, DEPTH) * ramp(syllabic, SYLLABIC) * (1 - ramp(pulse, PULSE));
  const music = (1 - speech) * Math.max(ramp(tonality, TONALITY), ramp(pulse, PULSE));
  return { speech, music };
}

function ramp(value: number, [from, to]: readonly [number, number]): number {
  return Math.max(0, Math.min(1, (value - from) / (to - from)));
}

const HANN = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / WINDOW),
);
const PHASES = Array.from({ length: MODULATION_RATES }, (_, rate) => {
  const step = (2 * Math.PI * MODULATION_STEP * (rate + 1)) / FRAMES_PER_SECOND;
  return {
    cos: Float64Array.from({ length: WINDOW }, (_, i) => Math.cos(step * i)),
    sin: Float64Array.from({ length: WINDOW }, (_, i) => Math.sin(step * i)),
  };
});

/**
 * Spectrum of the amplitude of the telephone band over 0.5 … 20 Hz: its root sum over the mean amplitude (`depth`),
 * and the share of 2.5 … 8 Hz in it (`syllabic`).
 */
function modulation(speechPower: Float32Array): { depth: number; syllabic: number } {
  const amplitudes = Float64Array.from(speechPower, Math.sqrt);
  const centre = mean(amplitudes);
  if (centre <= 0) return { depth: 0, syllabic: 0 };
  let total = 0;
  let syllables = 0;
  PHASES.forEach(({ cos, sin }, index) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < WINDOW; i++) {
      const value = (amplitudes[i]! - centre) * HANN[i]!;
      re += value * cos[i]!;
      im += value * sin[i]!;
    }
    const energy = re * re + im * im;
    const rate = MODULATION_STEP * (index + 1);
    total += energy;
    if (rate >= SYLLABLES_FROM && rate <= SYLLABLES_TO) syllables += energy;
  });
  return { depth: Math.sqrt(total) / (centre * WINDOW), syllabic: total > 0 ? syllables / total : 0 };
}

/** Highest autocorrelation of the flux at lags of 0.2 … 1 s, over that at lag 0. */
function pulse(flux: Float32Array): number {
  const centre = mean(flux);
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < flux.length; i++) sum += (flux[i]! - centre) * (flux[i - lag]! - centre);
    return sum / (flux.length - lag);
  };
  const power = at(0);
  if (power < 1e-6) return 0;
  let highest = 0;
  for (let lag = SHORTEST_LAG; lag <= LONGEST_LAG; lag++) highest = Math.max(highest, at(lag) / power);
  return highest;
}
