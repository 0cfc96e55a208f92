import { termsOf } from '../signals/text-features.js';

export interface VocabularySettings {
  /** Terms at most: the most frequent ones. */
  terms: number;
  /** Texts that a term must occur in. */
  fewestTexts: number;
}

/** Terms in more than this share of the texts tell nothing apart. */
const MOST_TEXTS = 0.7;

/**
 * The terms worth knowing, each with the number of texts that have it, the most frequent first.
 * @param texts the lines of each
 */
export function countTerms(
  texts: readonly (readonly string[])[],
  { terms, fewestTexts }: VocabularySettings,
): [string, number][] {
  const counts = new Map<string, number>();
  for (const lines of texts) {
    for (const term of new Set(lines.flatMap(termsOf))) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, n]) => n >= fewestTexts && n <= MOST_TEXTS * texts.length)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, terms);
}
