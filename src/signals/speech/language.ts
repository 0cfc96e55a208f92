import { Failure } from '../../failure.js';
import { logSumOfExponentials } from './logit-rules.js';
import type { EncodedWindows } from './session.js';
import type { SpeechTokenizer } from './tokenizer.js';

export interface DetectedLanguage {
  /** Whisper's code, mostly ISO 639-1. */
  code: string;
  /** Id of its token; null for English-only checkpoints. */
  token: number | null;
  /** Among all languages that the checkpoint knows. */
  probability: number;
}

const ENGLISH_ONLY: DetectedLanguage = { code: 'en', token: null, probability: 1 };

/** @throws Failure BAD_INPUT when the checkpoint does not know the language */
export function knownLanguage(code: string, { steering }: SpeechTokenizer): DetectedLanguage {
  if (steering.languages.size === 0 && code === ENGLISH_ONLY.code) return ENGLISH_ONLY;
  const token = steering.languages.get(code);
  if (token !== undefined) return { code, token, probability: 1 };
  throw new Failure(
    'BAD_INPUT',
    `The recogniser does not know the language "${code}": give a code such as "en", or none to have it detected.`,
  );
}

/** Which language token follows `<|startoftranscript|>` in the first of the windows. English-only ones say so. */
export async function detectLanguage(
  encoded: EncodedWindows,
  { steering }: SpeechTokenizer,
): Promise<DetectedLanguage> {
  if (steering.languages.size === 0) return ENGLISH_ONLY;
  const decoding = encoded.decode([0]);
  try {
    const logits = await decoding.feed(Int32Array.of(steering.startOfTranscript), 1, [0]);
    const codes = [...steering.languages];
    const values = Float32Array.from(codes, ([, token]) => logits[token]!);
    const best = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
    const [code, token] = codes[best]!;
    return { code, token, probability: Math.exp(values[best]! - logSumOfExponentials(values)) };
  } finally {
    decoding.release();
  }
}
