import { contentWords } from '../../signals/text-words.js';
import { PARAGRAPH_WORDS, type TextSize } from '../text-shape.js';
import { fingerprintRow, type TrainingRow } from '../training-row.js';

/** What tells a row from others, and how much it says. */
export interface RowKey extends TextSize {
  /** See `fingerprintRow`. */
  fingerprint: string;
}

/** One key a row, in their order. */
export function keysOf(rows: readonly Pick<TrainingRow, 'id' | 'lines' | 'media'>[]): RowKey[] {
  return rows.map((row) => {
    const words = row.lines.map((line) => contentWords(line).length);
    return {
      fingerprint: fingerprintRow(row),
      words: words.reduce((sum, count) => sum + count, 0),
      paragraphs: words.filter((count) => count >= PARAGRAPH_WORDS).length,
    };
  });
}
