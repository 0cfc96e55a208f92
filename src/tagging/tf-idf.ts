import type { SparseRow } from '../signals/text-features.js';

const FEWEST_TEXTS = 3;
const MOST_TEXTS = 0.7;
const MOST_TERMS = 200_000;

/** Sublinear TF-IDF rows of unit length over words and pairs of words, the vocabulary taken from `texts`. */
export function weighTerms(texts: readonly string[], others: readonly string[]) {
  const documents = new Map<string, number>();
  for (const text of texts) {
    for (const term of new Set(wordsAndPairs(text))) documents.set(term, (documents.get(term) ?? 0) + 1);
  }
  const kept = [...documents]
    .filter(([, n]) => n >= FEWEST_TEXTS && n <= MOST_TEXTS * texts.length)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_TERMS);
  const index = new Map(kept.map(([term], i) => [term, i]));
  const idf = kept.map(([, n]) => Math.log((1 + texts.length) / (1 + n)) + 1);
  const row = (text: string): SparseRow => {
    const counts = new Map<number, number>();
    for (const term of wordsAndPairs(text)) {
      const at = index.get(term);
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const weights = Float32Array.from(counts, ([term, n]) => (1 + Math.log(n)) * idf[term]!);
    const length = Math.hypot(...weights) || 1;
    return { terms: Int32Array.from(counts.keys()), weights: weights.map((weight) => weight / length) };
  };
  return { rows: texts.map(row), others: others.map(row), columns: kept.length };
}

function wordsAndPairs(text: string): string[] {
  const words = text.toLowerCase().match(/\b\w\w+\b/g) ?? [];
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}
