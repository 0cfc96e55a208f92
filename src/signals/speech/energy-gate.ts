import { GATE_FRAME, type SpeechGate } from './gate.js';

/** Below it a frame is silent in any recording; sentences were seen whose loudest frame has −52 dB. */
const SILENT_DECIBELS = -80;
/** How far speech stands out of the pauses around it. */
const ABOVE_PAUSES_DECIBELS = 9;
/** The level that a tenth of the audible frames stay under counts as that of the pauses. */
const PAUSE_QUANTILE = 0.1;
/** From a probability of a half to one of 0.73, and to one of 0.27. */
const SLOPE_DECIBELS = 3;

/**
 * Stands in where Silero is absent: what is louder than the pauses might be speech. It takes silence out and no
 * music, so the recogniser has more to refuse.
 */
export const energyGate: SpeechGate = {
  name: 'energy',
  probabilities: async (samples) => loudness(samples),
  close: async () => {},
};

function loudness(samples: Float32Array): Float32Array {
  const levels = Float32Array.from({ length: Math.ceil(samples.length / GATE_FRAME) }, (_, frame) =>
    decibels(samples.subarray(frame * GATE_FRAME, (frame + 1) * GATE_FRAME)),
  );
  const audible = levels.filter((level) => level > SILENT_DECIBELS).sort();
  const pauses = audible[Math.floor(audible.length * PAUSE_QUANTILE)] ?? SILENT_DECIBELS;
  const loudest = audible.at(-1) ?? SILENT_DECIBELS;
  // A sound without pauses is let through as a whole: its own level must not count as theirs.
  const threshold = Math.max(
    SILENT_DECIBELS,
    Math.min(pauses + ABOVE_PAUSES_DECIBELS, loudest - 2 * ABOVE_PAUSES_DECIBELS),
  );
  return levels.map((level) => 1 / (1 + Math.exp((threshold - level) / SLOPE_DECIBELS)));
}

/** Root mean square of a frame under full scale; −∞ for digital silence. */
function decibels(frame: Float32Array): number {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  return 10 * Math.log10(sum / GATE_FRAME);
}
