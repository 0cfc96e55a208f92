import { contentWords } from './text-words.js';

/** What the text model knows: its terms (stems and pairs of stems) with their inverse document frequencies. */
export interface Vocabulary {
  /** Term → 0 … terms − 1. */
  index: ReadonlyMap<string, number>;
  /** ln((1 + documents) / (1 + documents with the term)) + 1, one a term. */
  idf: Float32Array;
}

/** A sparse row: `weights[i]` at column `terms[i]`. */
export interface SparseRow {
  terms: Int32Array;
  weights: Float32Array;
}

/** The terms of one line in order: its stems, and each pair of neighbouring stems joined by a space. */
export function termsOf(line: string): string[] {
  return termsOfStems(contentWords(line));
}

function termsOfStems(words: readonly string[]): string[] {
  const terms = words.slice();
  for (let i = 1; i < words.length; i++) terms.push(`${words[i - 1]} ${words[i]}`);
  return terms;
}

/** How often each known term occurs in `line`. */
export function countTerms(line: string, vocabulary: Vocabulary): Map<number, number> {
  const counts = new Map<number, number>();
  for (const term of termsOf(line)) {
    const index = vocabulary.index.get(term);
    if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return counts;
}

/**
 * The row of a whole document: the sum of what `weighLines` gives of its lines, without telling them apart.
 * @param lines the stems of each line, as `contentWords` gives them
 */
export function weighDocument(lines: readonly (readonly string[])[], { index, idf }: Vocabulary): SparseRow {
  const counts = new Map<number, number>();
  for (const stems of lines) {
    for (const term of termsOfStems(stems)) {
      const column = index.get(term);
      if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
    }
  }
  const terms = Int32Array.from(counts.keys());
  const weights = Float32Array.from(counts, ([term, n]) => (1 + Math.log(n)) * idf[term]!);
  const norm = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0)) || 1;
  return { terms, weights: weights.map((weight) => weight / norm) };
}

/**
 * One sparse row a line, whose sum is the document's row of unit length: term t of the document weighs
 * (1 + ln tf) · idf / norm (Salton & Buckley 1988), and each line gets the share of it that its own
 * occurrences have in tf. Whatever is linear in the document is therefore an exact sum over its lines.
 * A document without known terms gives empty rows.
 */
export function weighLines(lines: readonly string[], vocabulary: Vocabulary): SparseRow[] {
  const counts = lines.map((line) => countTerms(line, vocabulary));
  const total = new Map<number, number>();
  for (const line of counts) for (const [term, n] of line) total.set(term, (total.get(term) ?? 0) + n);
  let squares = 0;
  const perOccurrence = new Map<number, number>();
  for (const [term, n] of total) {
    const weight = (1 + Math.log(n)) * vocabulary.idf[term]!;
    squares += weight * weight;
    perOccurrence.set(term, weight / n);
  }
  const norm = Math.sqrt(squares) || 1;
  return counts.map((line) => ({
    terms: Int32Array.from(line.keys()),
    weights: Float32Array.from(line, ([term, n]) => (n * perOccurrence.get(term)!) / norm),
  }));
}
