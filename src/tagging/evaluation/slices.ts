import { contentWords } from '../../signals/text-words.js';
import { FEWEST_WORDS } from '../quality.js';
import type { TrainingRow } from '../training-row.js';

/** Rows of a kind that is known to be hard. */
export interface Slice {
  slice: string;
  note: string;
  /** null: the row does not tell. */
  has(row: TrainingRow): boolean | null;
}

const FEW_WORDS = 50;

const words = ({ lines }: TrainingRow) => contentWords(lines.join(' ')).length;

export const SLICES: readonly Slice[] = [
  {
    slice: 'no words',
    note: `fewer than ${FEWEST_WORDS} words that carry matter`,
    has: (row) => words(row) < FEWEST_WORDS,
  },
  {
    slice: 'few words',
    note: `${FEWEST_WORDS} to ${FEW_WORDS - 1} words that carry matter`,
    has: (row) => words(row) >= FEWEST_WORDS && words(row) < FEW_WORDS,
  },
];
