import type { TimedLine } from '../media/timed-line.js';
import type { Moment, SignalEmbedding } from './signal.js';
import type { TextModel } from './text-model.js';

/**
 * The transcript as numbers. `vector` and each moment's vector are laid out as `TextLayout` says: a unit vector
 * for similarity, then the scores; a moment's scores are its exact share of the whole's.
 * Sung lines and described sounds are left out: they are not what the trailer says.
 */
export async function embedText(model: TextModel, lines: readonly TimedLine[]): Promise<SignalEmbedding> {
  const spoken = lines.filter((line) => line.kind === 'SPEECH' && line.text.trim() !== '');
  const missing = (missingReason: string): SignalEmbedding => ({
    signal: 'TEXT',
    model: model.name,
    vector: null,
    moments: [],
    measures: { lines: spoken.length, words: 0, knownShare: 0 },
    missingReason,
  });
  if (spoken.length === 0) return missing('The trailer has no spoken words that could be read.');
  const encoded = await model.encodeLines(spoken.map((line) => line.text));
  if (!encoded) return missing('The text model knows none of the words; it learned English only.');
  return {
    signal: 'TEXT',
    model: model.name,
    vector: encoded.document,
    moments: spoken.map(
      (line, i): Moment => ({
        startSeconds: line.startSeconds,
        endSeconds: line.endSeconds,
        vector: encoded.lines[i]!,
        line: line.text,
        shotIndex: null,
      }),
    ),
    measures: {
      lines: spoken.length,
      words: encoded.words,
      knownShare: encoded.words === 0 ? 0 : encoded.knownWords / encoded.words,
    },
    missingReason: null,
  };
}
