import type { Vocabulary } from '../signals/text-features.js';
import { contentWords } from '../signals/text-words.js';

/** Words rarer than one text in about 150 tell something: ln(150) + 1. */
const TELLING_IDF = 6;
const MOST_WORDS = 3;
/** Stems of words about the making of films, which say nothing of what a film tells. */
const MAKING = new Set(
  contentWords(
    'screenplay script scriptwriter fiction trilogy installment sequel prequel remake franchise adaptation adapted ' +
      'novel novella novelist story stories based director directorial debut producer producers production studio ' +
      'distributed distributor released release theatrical premiere box office gross budget critics critical ' +
      'reviews praise acclaim award awards nominated nomination cast role roles performance performances actor ' +
      'actress cinematography cinematographer score soundtrack composer reprising feature documentary anthology ' +
      'television series episode dvd video theaters theatres screen written wrote author uncredited plot titled',
  ),
);

/** Words that both texts have, as the first one writes them, the rarest first; names and common words are left out. */
export function sharedWords(a: string, b: string, { index, idf }: Vocabulary): string[] {
  const ofB = new Set(contentWords(b));
  const found = new Map<string, { word: string; idf: number }>();
  for (const match of a.matchAll(/[\p{L}'’]+/gu)) {
    const word = match[0];
    const [stem] = contentWords(word);
    // A capital inside a sentence is a name: it says nothing of what a film is about.
    if (!stem || MAKING.has(stem) || found.has(stem) || !ofB.has(stem) || /^\p{Lu}/u.test(word)) continue;
    const term = index.get(stem);
    const rarity = term === undefined ? 0 : idf[term]!;
    if (rarity >= TELLING_IDF) found.set(stem, { word, idf: rarity });
  }
  return [...found.values()]
    .sort((p, q) => q.idf - p.idf || (p.word < q.word ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(({ word }) => word);
}
