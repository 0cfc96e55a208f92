import type { TimedLine } from '../../media/timed-line.js';
import { FALLBACK_DEFAULTS } from './fallback.js';
import type { SpeechGate } from './gate.js';
import { cutAtPauses, type Island, speechIslands, uncoveredIslands, voiceProbability } from './islands.js';
import { logMel } from './log-mel.js';
import { isPhantom } from './phantoms.js';
import { type SpeechReel, sourceStretch, speechReel } from './reel.js';
import type { SpeechModel } from './session.js';
import type { SpeechTokenizer } from './tokenizer.js';
import { type HeardLine, type TranscriptionOptions, transcribe } from './transcription.js';

/** A line that was recognised in the sound. */
export interface SpokenLine extends TimedLine {
  /** 0 … 1: exp of its words' mean log-probability. */
  confidence: number;
}

export interface Recognition {
  /** By start. */
  lines: SpokenLine[];
  language: string | null;
  /** Among the languages that the checkpoint knows; 0 where nothing was recognised. */
  languageProbability: number;
  /** Share of the gate's frames in which speech is likelier than not, 0 … 1. */
  speechShare: number;
  /** Windows that were sent to the recogniser. */
  windows: number;
  gate: SpeechGate['name'];
}

/** What listens. */
export interface Recogniser {
  gate: SpeechGate;
  model: SpeechModel;
  tokenizer: SpeechTokenizer;
}

export interface RecognitionOptions extends TranscriptionOptions {
  /** Stretches whose words are known already, from subtitles: only what lies between them is recognised. */
  known: readonly Island[];
}

export const RECOGNITION_DEFAULTS: RecognitionOptions = {
  ...FALLBACK_DEFAULTS,
  language: null,
  conditionOnPrevious: false,
  batch: 8,
  seed: 0,
  known: [],
};

/**
 * The words of a sound: the gate tells where somebody speaks, only that goes through the recogniser, and phrases
 * that it is known to make up are dropped where the gate hardly heard a voice. Blocks its thread while it runs.
 *
 * @param samples 16 kHz mono, −1 … 1
 * @throws Failure BAD_INPUT for an unknown language; the AbortSignal's reason
 */
export async function recogniseSpeech(
  samples: Float32Array,
  { gate, model, tokenizer }: Recogniser,
  options: RecognitionOptions,
  context: { signal: AbortSignal; progress(share: number): void },
): Promise<Recognition> {
  const probabilities = await gate.probabilities(samples, context.signal);
  const islands = uncoveredIslands(speechIslands(probabilities), options.known);
  const reel = speechReel(samples, cutAtPauses(islands, probabilities));
  const mel = logMel(reel.samples, model.shape.melBins);
  const heard = await transcribe(model, tokenizer, mel, reel.clips, options, context);
  return {
    lines: spokenLines(heard.lines, reel, probabilities),
    language: heard.language?.code ?? null,
    languageProbability: heard.language?.probability ?? 0,
    speechShare: shareOfSpeech(probabilities),
    windows: heard.windows,
    gate: gate.name,
  };
}

function spokenLines(
  lines: readonly HeardLine[],
  reel: SpeechReel,
  probabilities: Float32Array,
): SpokenLine[] {
  return lines.flatMap((line): SpokenLine[] => {
    const place = sourceStretch(reel, line);
    if (!place) return [];
    const voice = Math.min(voiceProbability(probabilities, place), 1 - line.noSpeechProbability);
    if (isPhantom(line.text, voice)) return [];
    const { text, confidence } = line;
    return [{ ...place, text: text.replaceAll(/\s+/g, ' '), kind: 'SPEECH', speaker: null, confidence }];
  });
}

function shareOfSpeech(probabilities: Float32Array): number {
  return probabilities.filter((value) => value >= 0.5).length / Math.max(1, probabilities.length);
}
