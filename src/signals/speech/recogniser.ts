import path from 'node:path';
import { Whisper, type WhisperOptions } from '../whisper.js';
import { energyGate } from './energy-gate.js';
import type { SpeechGate } from './gate.js';
import type { Recogniser } from './recognition.js';
import { openSileroGate } from './silero-gate.js';
import { isMultilingual, readSpeechTokenizer } from './tokenizer.js';

export interface RecogniserFiles {
  /** A Whisper checkpoint in the hub's layout, with its `tokenizer.json`. */
  checkpointFolder: string;
  /** Silero VAD for 16 kHz; null where it was not pulled, and loudness stands in for it. */
  sileroFile: string | null;
}

/**
 * Opens what listens. Its runs block their thread, so it belongs into a worker thread as a whole; whether loudness
 * stands in for Silero is told by `gate.name` and by every `Recognition`.
 *
 * @throws Failure MODEL_INVALID when a file is missing, broken or of another model
 */
export async function openRecogniser(files: RecogniserFiles, options: WhisperOptions): Promise<Recogniser> {
  const gate: SpeechGate = files.sileroFile === null ? energyGate : await openSileroGate(files.sileroFile);
  const model = await Whisper.open(files.checkpointFolder, options);
  try {
    const tokenizerFile = path.join(files.checkpointFolder, 'tokenizer.json');
    const tokenizer = await readSpeechTokenizer(tokenizerFile, isMultilingual(model.shape.vocabulary));
    return { gate, model, tokenizer };
  } catch (error) {
    await Promise.all([gate.close(), model.close()]);
    throw error;
  }
}

/** Lets go of the graphs; no recognition may be under way. */
export async function closeRecogniser({ gate, model }: Recogniser): Promise<void> {
  await gate.close();
  await model.close();
}
