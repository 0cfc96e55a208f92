import { HighestScores } from './highest-scores.js';
import type { SparseVector } from './sparse-vector.js';
import { MOST_TERMS, STEPS, unpackedWords } from './telling-words.js';

/** Rows of one word, packed as row · 256 + steps; only the first `size` count. */
interface Posting {
  entries: Uint32Array;
  size: number;
}

const FIRST_ENTRIES = 4;

/**
 * The words of all titles, packed as the profiles have them, and for each word the rows that have it: a scan touches
 * nothing but the rows that share a word with the query. Exact, as the weights are whole steps on both sides.
 */
export class WordColumn {
  /** `MOST_TERMS` a row; zeros behind the last. */
  #packed = new Uint32Array(0);
  /** What one step is worth; 0 where the row is missing. */
  #step = new Float32Array(0);
  readonly #postings: (Posting | undefined)[] = [];
  #postingBytes = 0;

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    if (rows <= this.#step.length) return;
    const [packed, step] = [new Uint32Array(rows * MOST_TERMS), new Float32Array(rows)];
    packed.set(this.#packed);
    step.set(this.#step);
    this.#packed = packed;
    this.#step = step;
  }

  /** @param words packed, at most `MOST_TERMS`, or null to mark the row missing */
  set(row: number, words: Uint32Array | null): void {
    const old = this.#wordsAt(row);
    // Other labels make a profile anew and leave its words; to find them in their lists took 1.3 ms a row (100,000 rows of
    // 32 words by Zipf's law).
    if (words?.length === old.length && words.every((value, i) => value === old[i])) return;
    for (const value of old) this.#removePosting(value >>> 8, row);
    this.#packed.fill(0, row * MOST_TERMS, (row + 1) * MOST_TERMS);
    this.#step[row] = 0;
    if (!words || words.length === 0) return;
    this.#packed.set(words, row * MOST_TERMS);
    this.#step[row] = 1 / Math.hypot(...Array.from(words, (value) => value & STEPS));
    for (const value of words) this.#addPosting(value >>> 8, row * (STEPS + 1) + (value & STEPS));
  }

  /** The row's words as a vector of length 1, or null where it is missing. */
  at(row: number): SparseVector | null {
    return unpackedWords(this.#wordsAt(row));
  }

  move(from: number, to: number): void {
    if (from === to) return;
    this.set(to, this.#wordsAt(from).slice());
  }

  /** Adds weight · cosine to `sums` and weight to `masses` for every row that has words. */
  scan(query: SparseVector, weight: number, rows: number, sums: Float32Array, masses: Float32Array): void {
    const worth = this.#step;
    for (let i = 0; i < query.terms.length; i++) {
      const posting = this.#postings[query.terms[i]!];
      if (!posting) continue;
      const { entries, size } = posting;
      const factor = weight * query.weights[i]!;
      for (let k = 0; k < size; k++) {
        const row = entries[k]! >>> 8;
        sums[row]! += factor * worth[row]! * (entries[k]! & STEPS);
      }
    }
    for (let row = 0; row < rows; row++) if (worth[row]! > 0) masses[row]! += weight;
  }

  /** The rows with the highest cosines above 0, of those that fit. */
  highest(query: SparseVector, count: number, rows: number, fits: (row: number) => boolean): number[] {
    const [sums, masses] = [new Float32Array(this.#step.length), new Float32Array(this.#step.length)];
    this.scan(query, 1, rows, sums, masses);
    const best = new HighestScores(count);
    const found: number[] = [];
    for (let row = 0; row < rows; row++) {
      const sum = sums[row]!;
      if (sum <= 0 || sum < best.lowest || !fits(row)) continue;
      best.offer(sum);
      found.push(row);
    }
    return found.sort((a, b) => sums[b]! - sums[a]! || a - b).slice(0, count);
  }

  /** Bytes a row takes, the lists of words shared out among `rows` rows. */
  rowBytes(rows: number): number {
    return 4 * MOST_TERMS + 4 + Math.ceil(this.#postingBytes / Math.max(1, rows));
  }

  #wordsAt(row: number): Uint32Array {
    const own = this.#packed.subarray(row * MOST_TERMS, (row + 1) * MOST_TERMS);
    const end = own.indexOf(0);
    return end < 0 ? own : own.subarray(0, end);
  }

  #addPosting(term: number, entry: number): void {
    let posting = this.#postings[term];
    if (!posting) {
      posting = { entries: new Uint32Array(FIRST_ENTRIES), size: 0 };
      this.#postings[term] = posting;
      this.#postingBytes += posting.entries.byteLength;
    }
    if (posting.size === posting.entries.length) {
      const larger = new Uint32Array(2 * posting.size);
      larger.set(posting.entries);
      this.#postingBytes += larger.byteLength - posting.entries.byteLength;
      posting.entries = larger;
    }
    posting.entries[posting.size++] = entry;
  }

  #removePosting(term: number, row: number): void {
    const posting = this.#postings[term];
    if (!posting) return;
    const { entries, size } = posting;
    let place = 0;
    while (place < size && entries[place]! >>> 8 !== row) place++;
    if (place < size) entries[place] = entries[--posting.size]!;
  }
}
