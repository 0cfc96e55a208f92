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

const SHORT_SECONDS = 60;
/** Mean luma: half of what is enough to see by (quality.ts). */
const DARK = 0.125;
const MUSIC_HEAVY = 0.6;

const words = ({ lines }: TrainingRow) => contentWords(lines.join(' ')).length;

const over = (value: number | null | undefined, least: number) => (value == null ? null : value > least);
const below = (value: number | null | undefined, most: number) => (value == null ? null : value < most);

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
  {
    slice: 'music-heavy',
    note: `music in more than ${100 * MUSIC_HEAVY} % of the sound`,
    has: ({ measures }) => over(measures?.musicShare, MUSIC_HEAVY),
  },
  {
    slice: 'dark picture',
    note: `mean luma below ${DARK}`,
    has: ({ measures }) => below(measures?.light, DARK),
  },
  {
    slice: 'short',
    note: `shorter than ${SHORT_SECONDS} s`,
    has: ({ measures }) => below(measures?.seconds, SHORT_SECONDS),
  },
];
