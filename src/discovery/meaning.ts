import { dot } from './aspect.js';

/**
 * Cosines, chosen on random words and real queries (docs/discovery.md, "The cut-off"): of query and text, below which
 * meaning tells nothing; of a text and one word of the query, from which it speaks of it.
 */
export const MEANING_CUTOFF = 0.45;
const SPEAKS_OF = 0.25;
/** Of a query's words a text must speak of so many: of all, where there are three or fewer. */
const MOST_OF = 0.75;

/**
 * Whether a text speaks of most of a query's words. One word alone can carry a mean far: a text about Mars is near to
 * "martian fold bemoan", and yet does not tell of it.
 *
 * @param text, words unit vectors of one model
 */
export function speaksOf(text: Float32Array, words: readonly Float32Array[]): boolean {
  return words.filter((word) => dot(word, text) >= SPEAKS_OF).length >= MOST_OF * words.length;
}
