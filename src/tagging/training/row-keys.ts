import { contentWords } from '../../signals/text-words.js';
import { fingerprintRow, type TrainingRow } from '../training-row.js';

/** What tells a row from others, and how much it says. */
export interface RowKey {
  /** See `fingerprintRow`. */
  fingerprint: string;
  /** Words that carry matter. */
  words: number;
}

/** One key a row, in their order. */
export function keysOf(rows: readonly Pick<TrainingRow, 'id' | 'lines' | 'media'>[]): RowKey[] {
  return rows.map((row) => ({
    fingerprint: fingerprintRow(row),
    words: contentWords(row.lines.join(' ')).length,
  }));
}
