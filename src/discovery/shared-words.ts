import type { Vocabulary } from '../signals/text-features.js';
import { contentWords } from '../signals/text-words.js';

/** Words rarer than one text in about 150 tell something: ln(150) + 1. */
const TELLING_IDF = 6;
const MOST_WORDS = 3;

/** Words that both texts have, as the first one writes them, the rarest first; names and common words are left out. */
export function sharedWords(a: string, b: string, { index, idf }: Vocabulary): string[] {
  const ofB = new Set(contentWords(b));
  const found = new Map<string, { word: string; idf: number }>();
  for (const match of a.matchAll(/[\p{L}'’]+/gu)) {
    const word = match[0];
    const [stem] = contentWords(word);
    // A capital inside a sentence is a name: it says nothing of what a film is about.
    if (!stem || found.has(stem) || !ofB.has(stem) || /^\p{Lu}/u.test(word)) continue;
    const term = index.get(stem);
    const rarity = term === undefined ? 0 : idf[term]!;
    if (rarity >= TELLING_IDF) found.set(stem, { word, idf: rarity });
  }
  return [...found.values()]
    .sort((p, q) => q.idf - p.idf || (p.word < q.word ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(({ word }) => word);
}
