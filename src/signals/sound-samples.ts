import type { Sound } from '../media/decoded.js';
import { between, type Draw } from './picture-samples.js';

const SAMPLE_RATE = 16_000;
const SCENE_SECONDS = 6;
const FADE_SECONDS = 1.5;

type Layers = [talk: number, chord: number, drums: number, noise: number];

/**
 * The sound of a trailer that never was, for the statistics: scenes of six seconds, each a mix of talk-like sound, chords,
 * drums and noise, growing louder towards the end, some of them nearly silent. The peak lies near full scale.
 */
export function sampleSound(draw: Draw, seconds: number): Sound {
  const samples = new Float32Array(seconds * SAMPLE_RATE);
  const style = {
    key: 110 * 2 ** draw(),
    beatsPerMinute: between(draw, 70, 160),
    tilt: between(draw, 0.05, 0.5),
    layers: [
      between(draw, 0, 0.9),
      between(draw, 0.2, 0.9),
      between(draw, 0.1, 0.8),
      between(draw, 0.3, 0.9),
    ],
  };
  for (let scene = 0; scene * SCENE_SECONDS < seconds; scene++) {
    const swell = 0.5 + (0.5 * scene * SCENE_SECONDS) / seconds;
    const level = draw() < 0.03 ? 0 : swell * between(draw, 0.3, 1);
    const [talk, chord, drums, noise] = style.layers.map((chance) => (draw() < chance ? level : 0)) as Layers;
    const under = talk > 0 ? between(draw, 0.1, 0.6) : 1; // music steps back behind talk
    const from = scene * SCENE_SECONDS * SAMPLE_RATE;
    const part = samples.subarray(from, from + SCENE_SECONDS * SAMPLE_RATE);
    addTalk(part, 0.7 * talk, between(draw, 90, 220), draw);
    addChord(part, 0.5 * under * chord, style.key * 2 ** (Math.floor(draw() * 5) / 12));
    addDrums(part, 1.2 * under * drums, style.beatsPerMinute, draw);
    addNoise(part, 0.5 * under * noise + 0.0005, style.tilt, draw);
    if (draw() < 0.5) fadeOut(part);
  }
  for (let i = 0; i < samples.length; i++) samples[i] = Math.tanh(1.5 * samples[i]!); // a mastering limiter
  return { samples, sampleRate: SAMPLE_RATE, state: 'PRESENT' };
}

/** Syllables four a second: gliding harmonics under two formants, each third one a hiss. */
function addTalk(part: Float32Array, level: number, pitch: number, draw: Draw): void {
  const syllable = SAMPLE_RATE / 4;
  let phase = 0;
  for (let start = 0; level > 0 && start < part.length; start += syllable) {
    const hiss = draw() < 0.3;
    const formant = between(draw, 3, 12); // the harmonic that is strongest
    for (let i = 0; i < syllable; i++) {
      const share = i / syllable;
      const envelope = Math.sin(Math.PI * share) ** 2;
      phase += (2 * Math.PI * pitch * (1.1 - 0.2 * share)) / SAMPLE_RATE;
      let voice = 0;
      for (let h = 1; h <= 14; h++) voice += Math.sin(h * phase) / (1 + Math.abs(h - formant));
      part[start + i]! += level * envelope * (hiss ? draw() - 0.5 : 0.3 * voice);
    }
  }
}

/** A minor triad with overtones. */
function addChord(part: Float32Array, level: number, root: number): void {
  for (let i = 0; level > 0 && i < part.length; i++) {
    const t = (2 * Math.PI * i) / SAMPLE_RATE;
    let sum = 0;
    for (const ratio of [0.5, 1, 6 / 5, 3 / 2]) {
      const w = t * root * ratio;
      sum += Math.sin(w) + 0.4 * Math.sin(2 * w) + 0.2 * Math.sin(3 * w) + 0.1 * Math.sin(5 * w);
    }
    part[i]! += (level * sum) / 4;
  }
}

/** Down by 40 dB over the last 1.5 s. */
function fadeOut(part: Float32Array): void {
  const length = FADE_SECONDS * SAMPLE_RATE;
  for (let i = 0; i < length; i++) part[part.length - length + i]! *= 0.01 ** (i / length);
}

/** A kick on most beats and a noise burst between most, none as strong as the other. */
function addDrums(part: Float32Array, level: number, beatsPerMinute: number, draw: Draw): void {
  const beat = Math.round((60 / beatsPerMinute) * SAMPLE_RATE);
  for (let start = 0; level > 0 && start + beat < part.length; start += beat) {
    const kick = draw() < 0.7 ? between(draw, 0.3, 1) : 0;
    const burst = draw() < 0.6 ? between(draw, 0.2, 0.7) : 0;
    for (let i = 0; i < beat; i++) {
      const t = i / SAMPLE_RATE;
      part[start + i]! +=
        level * kick * Math.exp(-14 * t) * Math.sin(2 * Math.PI * (50 * t - 3 * Math.exp(-30 * t)));
      const late = ((i + beat / 2) % beat) / SAMPLE_RATE;
      part[start + i]! += level * burst * Math.exp(-35 * late) * (draw() - 0.5);
    }
  }
}

/** White noise through a one-pole low-pass; `openness` 1 leaves it white. */
function addNoise(part: Float32Array, level: number, openness: number, draw: Draw): void {
  let held = 0;
  for (let i = 0; i < part.length; i++) {
    held += openness * (2 * draw() - 1 - held);
    part[i]! += (level * held) / Math.sqrt(openness);
  }
}
