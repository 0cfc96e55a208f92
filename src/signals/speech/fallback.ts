import type { EncodedWindows, SpeechShape } from './session.js';
import type { SpeechTokenizer } from './tokenizer.js';
import { decodeWindows, type WindowAnswer, type WindowTask } from './window-decoding.js';

/** When an answer is taken for a failure, and for silence. Defaults as in `whisper/transcribe.py`. */
export interface FallbackRules {
  /** Tried one after the other until an answer is good; the last one's is taken as it is. */
  temperatures: readonly number[];
  beams: number;
  answers: number;
  /** An answer that compresses better than this repeats itself. */
  compressionRatioLimit: number;
  /** Mean natural logarithm a token below which an answer is a guess. */
  logProbabilityLimit: number;
  /** Above it, and with a guess for an answer, the window is silent. */
  noSpeechLimit: number;
}

export const FALLBACK_DEFAULTS: FallbackRules = {
  temperatures: [0, 0.2, 0.4, 0.6, 0.8, 1],
  beams: 1,
  answers: 1,
  compressionRatioLimit: 2.4,
  logProbabilityLimit: -1,
  noSpeechLimit: 0.6,
};

/** True where the next temperature should be tried. Silence needs no second try. */
export function isFailure(answer: WindowAnswer, rules: FallbackRules): boolean {
  const guessed = answer.averageLogProbability < rules.logProbabilityLimit;
  if (guessed && answer.noSpeechProbability > rules.noSpeechLimit) return false;
  return guessed || answer.compressionRatio > rules.compressionRatioLimit;
}

/** True where the window holds no speech, whatever the answer says. */
export function isSilence(answer: WindowAnswer, rules: FallbackRules): boolean {
  return (
    answer.noSpeechProbability > rules.noSpeechLimit &&
    answer.averageLogProbability <= rules.logProbabilityLimit
  );
}

/** Decodes at the first temperature, and what failed again at the next one, down the ladder. */
export async function decodeWithFallback(
  encoded: EncodedWindows,
  tasks: readonly WindowTask[],
  model: { tokenizer: SpeechTokenizer; shape: SpeechShape },
  rules: FallbackRules,
  signal: AbortSignal,
): Promise<WindowAnswer[]> {
  const answers = new Map<WindowTask, WindowAnswer>();
  let left = [...tasks];
  for (const temperature of rules.temperatures) {
    const { beams, answers: drawn } = rules;
    const tried = await decodeWindows(encoded, left, model, { temperature, beams, answers: drawn }, signal);
    for (const [i, task] of left.entries()) answers.set(task, tried[i]!);
    left = left.filter((task) => isFailure(answers.get(task)!, rules));
    if (left.length === 0) break;
  }
  return tasks.map((task) => answers.get(task)!);
}
