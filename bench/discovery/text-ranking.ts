import { contentWords } from '../../src/signals/text-words.js';

/** Plain full text search as a measure to beat: cosine of TF-IDF rows over stems, through an inverted index. */
export class TextRanking {
  readonly #postings = new Map<string, { row: number; weight: number }[]>();
  readonly #rows: { id: string; terms: Map<string, number> }[];
  readonly #rowOf: Map<string, number>;

  constructor(films: readonly { id: string; text: string }[]) {
    const counts = films.map(({ text }) => countWords(text));
    const documents = new Map<string, number>();
    for (const words of counts)
      for (const word of words.keys()) documents.set(word, (documents.get(word) ?? 0) + 1);
    this.#rowOf = new Map(films.map(({ id }, i) => [id, i]));
    this.#rows = films.map(({ id }, i) => {
      const weights = new Map<string, number>();
      for (const [word, n] of counts[i]!)
        weights.set(word, (1 + Math.log(n)) * Math.log(films.length / documents.get(word)!));
      const length = Math.hypot(...weights.values()) || 1;
      for (const [word, weight] of weights) {
        weights.set(word, weight / length);
        const list = this.#postings.get(word) ?? [];
        list.push({ row: i, weight: weight / length });
        this.#postings.set(word, list);
      }
      return { id, terms: weights };
    });
  }

  similar(id: string, count: number): string[] {
    const row = this.#rowOf.get(id)!;
    return this.#rank(this.#rows[row]!.terms, count + 1)
      .filter((other) => other !== id)
      .slice(0, count);
  }

  search(text: string, count: number): string[] {
    return this.#rank(countWords(text), count);
  }

  #rank(terms: ReadonlyMap<string, number>, count: number): string[] {
    const scores = new Float64Array(this.#rows.length);
    for (const [word, weight] of terms)
      for (const { row, weight: theirs } of this.#postings.get(word) ?? []) scores[row]! += weight * theirs;
    return [...scores.keys()]
      .filter((row) => scores[row]! > 0)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, count)
      .map((row) => this.#rows[row]!.id);
  }
}

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of contentWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
