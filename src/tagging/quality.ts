import type { SignalEmbedding } from '../signals/signal.js';
import { contentWords } from '../signals/text-words.js';
import type { SignalQuality } from './tag.js';

/** Known words at which the transcript counts as two thirds of the best. */
const WORDS_SCALE = 40;
/** Mean luma, 0 … 1, that is enough to see by. */
const ENOUGH_LIGHT = 0.25;
/** Mean change of palette between neighbouring shots that counts as full variety. */
const FULL_VARIETY = 0.5;
/** How much each part counts in the whole: the text model is learned, the cues are weak. */
const SHARES = { speech: 0.6, light: 0.1, variety: 0.15, sound: 0.15 };
/** Below it a part is named in the notes. */
const WEAK = 0.3;

/** Words below which a transcript is too thin to answer from. */
export const FEWEST_WORDS = 3;

/** Whether there are words enough to answer from. */
export function isTold(lines: readonly string[]): boolean {
  return contentWords(lines.join(' ')).length >= FEWEST_WORDS;
}

export function knownWords(text: SignalEmbedding | undefined): number {
  if (!text?.vector) return 0;
  return Math.round((text.measures.words ?? 0) * (text.measures.knownShare ?? 0));
}

/** How much there was to go by, from the signals' measures, with one sentence for what was weak or missing. */
export function judgeQuality(embeddings: readonly SignalEmbedding[]): SignalQuality {
  const text = embeddings.find(({ signal }) => signal === 'TEXT');
  const picture = embeddings.find(({ signal }) => signal === 'PICTURE');
  const sound = embeddings.find(({ signal }) => signal === 'SOUND');
  const words = knownWords(text);
  const speech = (1 - Math.exp(-words / WORDS_SCALE)) * (text?.measures.knownShare ?? 0);
  const light = picture?.vector ? Math.min(1, (picture.measures.light ?? 0) / ENOUGH_LIGHT) : 0;
  const variety = picture?.vector ? Math.min(1, (picture.measures.variety ?? 0) / FULL_VARIETY) : 0;
  const audible = sound?.vector ? 1 - (sound.measures.silenceShare ?? 0) : 0;
  const notes = embeddings.flatMap(({ missingReason }) => (missingReason ? [missingReason] : []));
  if (words < FEWEST_WORDS) {
    notes.push(
      'Without words only the moods and genres that picture and sound can hint at are answered; the rest abstain.',
    );
  } else if (speech < WEAK) notes.push(`Only ${words} words that the model knows were spoken.`);
  if (picture?.vector && light < WEAK) notes.push('The picture is very dark.');
  if (picture?.vector && variety < WEAK) notes.push('The shots hardly differ from each other.');
  if (sound?.vector && audible < WEAK) notes.push('The sound is mostly silence.');
  return {
    overall:
      SHARES.speech * speech + SHARES.light * light + SHARES.variety * variety + SHARES.sound * audible,
    speech,
    light,
    variety,
    sound: audible,
    notes,
  };
}
