import { dot } from './aspect.js';

/**
 * Cosines, chosen on random words and real queries (docs/discovery.md, "The cut-off"): of query and text, below which
 * meaning tells nothing and above which it is sure; of a text and one word of the query, from which it speaks of it.
 */
export const MEANING_CUTOFF = 0.45;
export const SURE_MEANING = 0.6;
const SPEAKS_OF = 0.25;

/**
 * Whether a text speaks of more than half of a query's words. One word alone can carry a mean far: a text about Mars
 * is near to "martian fold bemoan", and yet does not tell of it.
 *
 * @param text, words unit vectors of one model
 */
export function speaksOf(text: Float32Array, words: readonly Float32Array[]): boolean {
  return words.filter((word) => dot(word, text) >= SPEAKS_OF).length > words.length / 2;
}
