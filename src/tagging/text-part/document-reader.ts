import type { SparseRow, Vocabulary } from '../../signals/text-features.js';
import { contentWords } from '../../signals/text-words.js';
import { PARAGRAPH_WORDS } from '../text-shape.js';

/** Words whose stems are kept at hand: more than a language's common ones, 20 MB at most. */
const MOST_REMEMBERED = 200_000;
/** A word that carries no matter, and one whose stem is in no term. */
const GRAMMAR = -2;
const UNKNOWN = -1;
/** Odd numbers without small factors: neighbouring stems come to lie far apart. */
const SPREAD = [0x9e3779b1, 0x85ebca6b] as const;

/** What a text says in the terms of a vocabulary. */
export interface ReadDocument {
  /** Words that carry matter, known or not. */
  words: number;
  /** Lines with `PARAGRAPH_WORDS` of them or more. */
  paragraphs: number;
  /** The row that `weighDocument` gives. */
  row: SparseRow;
}

/**
 * Reads many texts by one vocabulary: what `contentWords` and `weighDocument` give, to the bit, in a fifth of the time. Stems
 * have numbers, so a pair of them is looked up without joining it to a string; what is known of a word is remembered.
 */
export class DocumentReader {
  readonly #idf: Float32Array;
  /** Stem → its number. */
  readonly #stems = new Map<string, number>();
  /** The term that a stem is by itself, or −1; one a stem. */
  readonly #single: Int32Array;
  readonly #pairs: PairTable;
  /** Word → the number of its stem, `UNKNOWN` or `GRAMMAR`. */
  readonly #remembered = new Map<string, number>();
  /** How often each term occurs in the text that is being read; all 0 between two texts. */
  readonly #counts: Int32Array;

  constructor({ index, idf }: Vocabulary) {
    this.#idf = idf;
    this.#counts = new Int32Array(idf.length);
    const singles: [stem: number, term: number][] = [];
    const pairs: [first: number, second: number, term: number][] = [];
    for (const [name, term] of index) {
      const space = name.indexOf(' ');
      if (space < 0) singles.push([this.#numberOf(name), term]);
      else pairs.push([this.#numberOf(name.slice(0, space)), this.#numberOf(name.slice(space + 1)), term]);
    }
    this.#single = new Int32Array(this.#stems.size).fill(-1);
    for (const [stem, term] of singles) this.#single[stem] = term;
    this.#pairs = new PairTable(pairs.length);
    for (const [first, second, term] of pairs) this.#pairs.set(first, second, term);
  }

  read(lines: readonly string[]): ReadDocument {
    const found: number[] = [];
    let words = 0;
    let paragraphs = 0;
    for (const line of lines) {
      const counted = this.#count(line, found);
      words += counted;
      if (counted >= PARAGRAPH_WORDS) paragraphs++;
    }
    return { words, paragraphs, row: this.#weigh(found) };
  }

  /** The number of a stem in the vocabulary. */
  #numberOf(stem: string): number {
    const known = this.#stems.get(stem);
    if (known !== undefined) return known;
    this.#stems.set(stem, this.#stems.size);
    return this.#stems.size - 1;
  }

  /**
   * Counts a line's terms, those that occur for the first time being added to `found`: stems before pairs, as `termsOf` has them.
   * @returns its words that carry matter
   */
  #count(line: string, found: number[]): number {
    const stems: number[] = [];
    for (const word of plainWords(line)) {
      const stem = this.#stemOf(word);
      if (stem !== GRAMMAR) stems.push(stem);
    }
    for (const stem of stems) if (stem !== UNKNOWN) this.#add(this.#single[stem]!, found);
    for (let i = 1; i < stems.length; i++) {
      const [first, second] = [stems[i - 1]!, stems[i]!];
      if (first !== UNKNOWN && second !== UNKNOWN) this.#add(this.#pairs.get(first, second), found);
    }
    return stems.length;
  }

  #stemOf(word: string): number {
    const known = this.#remembered.get(word);
    if (known !== undefined) return known;
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    const [stem] = contentWords(word);
    const number = stem === undefined ? GRAMMAR : (this.#stems.get(stem) ?? UNKNOWN);
    this.#remembered.set(word, number);
    return number;
  }

  #add(term: number, found: number[]): void {
    if (term < 0) return;
    const before = this.#counts[term]!;
    if (before === 0) found.push(term);
    this.#counts[term] = before + 1;
  }

  /** The row of unit length: see `weighLines`. */
  #weigh(found: readonly number[]): SparseRow {
    const terms = Int32Array.from(found);
    const weights = new Float32Array(found.length);
    let squares = 0;
    for (let i = 0; i < terms.length; i++) {
      const term = terms[i]!;
      weights[i] = (1 + Math.log(this.#counts[term]!)) * this.#idf[term]!;
      squares += weights[i]! * weights[i]!;
      this.#counts[term] = 0;
    }
    const norm = Math.sqrt(squares) || 1;
    for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / norm;
    return { terms, weights };
  }
}

/** The runs of letters that `contentWords` takes for words. */
function plainWords(line: string): readonly string[] {
  const bare = ASCII.test(line) ? line : line.normalize('NFKD').replace(/\p{M}/gu, '');
  return (
    bare
      .toLowerCase()
      .replace(/[’'`]/g, '')
      .match(/[a-z]+/g) ?? []
  );
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: every character that has no accent to take away.
const ASCII = /^[\x00-\x7f]*$/;

/** Terms by two stems' numbers: open addressing, at most half full. */
class PairTable {
  readonly #mask: number;
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  /** −1 where the place is free. */
  readonly #term: Int32Array;

  /** @param most pairs that it will hold */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * most)));
    this.#mask = size - 1;
    this.#first = new Int32Array(size);
    this.#second = new Int32Array(size);
    this.#term = new Int32Array(size).fill(-1);
  }

  set(first: number, second: number, term: number): void {
    const place = this.#placeOf(first, second);
    this.#first[place] = first;
    this.#second[place] = second;
    this.#term[place] = term;
  }

  /** @returns the term, or −1 */
  get(first: number, second: number): number {
    return this.#term[this.#placeOf(first, second)]!;
  }

  /** Where the pair stands, or would stand. */
  #placeOf(first: number, second: number): number {
    const hash = Math.imul(first, SPREAD[0]) ^ Math.imul(second, SPREAD[1]);
    let place = (hash ^ (hash >>> 15)) & this.#mask;
    while (this.#term[place]! >= 0 && (this.#first[place] !== first || this.#second[place] !== second))
      place = (place + 1) & this.#mask;
    return place;
  }
}
