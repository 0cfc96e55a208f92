import type { TimedLine } from '../media/timed-line.js';
import type { SentenceEncoder } from './sentence.js';
import type { SignalEmbedding } from './signal.js';
import { contentWords } from './text-words.js';

/**
 * The transcript as a sentence encoder reads it: one vector a line and one for the whole, of unit length.
 * Sung lines and described sounds are left out: they are not what the trailer says.
 *
 * @param name of the model, for the stored vectors
 */
export async function embedSentences(
  encoder: Pick<SentenceEncoder, 'encode' | 'encodeLines'>,
  name: string,
  lines: readonly TimedLine[],
): Promise<SignalEmbedding> {
  const spoken = lines.filter((line) => line.kind === 'SPEECH' && line.text.trim() !== '');
  const texts = spoken.map(({ text }) => text);
  const vector = await encoder.encodeLines(texts);
  const vectors = await encoder.encode(texts);
  const words = texts.reduce((sum, text) => sum + contentWords(text).length, 0);
  return {
    signal: 'TEXT',
    model: name,
    vector,
    moments: spoken.map(({ startSeconds, endSeconds, text }, i) => ({
      startSeconds,
      endSeconds,
      vector: vectors[i]!,
      line: text,
      shotIndex: null,
    })),
    // Its tokens are pieces of words, so there is no word that it does not know.
    measures: { lines: spoken.length, words, knownShare: words > 0 ? 1 : 0 },
    missingReason: vector ? null : 'The trailer has no spoken words that could be read.',
  };
}
