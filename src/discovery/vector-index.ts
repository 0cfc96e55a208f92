import {
  type Aspects,
  type Blend,
  DENSE_ASPECTS,
  type DenseAspect,
  noAspects,
  similarity,
} from './aspect.js';
import { HighestScores } from './highest-scores.js';
import type { TitleNumbers } from './title-numbers.js';
import { VectorColumn } from './vector-column.js';
import type { WordColumn } from './word-column.js';

/** A title and how alike it is, −1 … 1. */
export interface Neighbour {
  id: string;
  score: number;
}

/** What is looked for. */
export interface NeighbourQuery {
  query: Aspects;
  blend: Blend;
  limit: number;
  /** The list goes on behind this one: everything behind it scores less, or as much with a larger id. */
  after?: Neighbour | null;
  minScore?: number;
  /** Which rows may be listed. */
  fits?: (row: number) => boolean;
}

/** Float32 sums of a few products. */
const ROUNDING = 1e-5;
/** Scores are told in millionths, so that they compare equal wherever they were computed. */
const DIGITS = 1e6;

/**
 * Exact nearest neighbours in memory. An int8 scan bounds every score from both sides; whatever could still belong
 * to the answer is scored again in float32. The answer is the one that brute force gives.
 */
export class VectorIndex {
  readonly #columns: Record<DenseAspect, VectorColumn>;
  #sums = new Float32Array(0);
  #masses = new Float32Array(0);

  /**
   * @param dimensions numbers of each aspect's vectors
   * @param numbers whose rows these are
   * @param words of the same rows, kept by whoever made the index
   */
  constructor(
    dimensions: Record<DenseAspect, number>,
    private readonly numbers: TitleNumbers,
    private readonly words: WordColumn,
  ) {
    this.#columns = Object.fromEntries(
      DENSE_ASPECTS.map((aspect) => [aspect, new VectorColumn(dimensions[aspect])]),
    ) as Record<DenseAspect, VectorColumn>;
  }

  /** Bytes that a row takes. */
  get rowBytes(): number {
    return DENSE_ASPECTS.reduce((sum, aspect) => sum + this.#columns[aspect].rowBytes, 0) + 8;
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    if (rows <= this.#sums.length) return;
    for (const aspect of DENSE_ASPECTS) this.#columns[aspect].reserve(rows);
    this.#sums = new Float32Array(rows);
    this.#masses = new Float32Array(rows);
  }

  /** @param vectors of length 1 */
  set(row: number, vectors: Record<DenseAspect, Float32Array | null>): void {
    for (const aspect of DENSE_ASPECTS) this.#columns[aspect].set(row, vectors[aspect]);
  }

  move(from: number, to: number): void {
    if (from === to) return;
    for (const aspect of DENSE_ASPECTS) this.#columns[aspect].move(from, to);
  }

  /** The row's vectors: views, to be used at once. */
  at(row: number): Aspects {
    const aspects = noAspects();
    for (const aspect of DENSE_ASPECTS) aspects[aspect] = this.#columns[aspect].at(row);
    aspects.WORDS = this.words.at(row);
    return aspects;
  }

  /** The likest titles, likest first; equal scores by id. */
  nearest({ query, blend, limit, after = null, minScore = -1, fits }: NeighbourQuery): Neighbour[] {
    const slack = this.#scan(query, blend);
    const ceiling = after ? after.score + slack : Number.POSITIVE_INFINITY;
    // Behind a cursor, the highest of those that are behind it for certain.
    const certain = after ? ceiling - 2 * slack : ceiling;
    const floor = this.#floor(limit, minScore - slack, certain, fits);
    const lowest = Math.max(floor - 2 * slack, minScore - slack);
    const found: Neighbour[] = [];
    const { count } = this.numbers;
    for (let row = 0; row < count; row++) {
      const rough = this.#sums[row]!;
      if (rough < lowest || rough > ceiling || (fits && !fits(row))) continue;
      const exact = similarity(query, this.at(row), blend);
      if (exact === null) continue;
      const neighbour = { id: this.numbers.idOf(row), score: Math.round(exact * DIGITS) / DIGITS };
      if (neighbour.score >= minScore && (!after || inOrder(after, neighbour) < 0)) found.push(neighbour);
    }
    return found.sort(inOrder).slice(0, limit);
  }

  /** Leaves every row's rough score in `#sums`; −∞ where nothing is shared. @returns how far a score can be off */
  #scan(query: Aspects, blend: Blend): number {
    const rows = this.numbers.count;
    this.#sums.fill(0, 0, rows);
    this.#masses.fill(0, 0, rows);
    let slack = 0;
    for (const aspect of DENSE_ASPECTS) {
      const vector = query[aspect];
      if (!vector || blend[aspect] === 0) continue;
      const off = this.#columns[aspect].scan(vector, blend[aspect], rows, this.#sums, this.#masses);
      slack = Math.max(slack, off);
    }
    if (query.WORDS && blend.WORDS > 0)
      this.words.scan(query.WORDS, blend.WORDS, rows, this.#sums, this.#masses);
    for (let row = 0; row < rows; row++) {
      const mass = this.#masses[row]!;
      this.#sums[row] = mass > 0 ? this.#sums[row]! / mass : Number.NEGATIVE_INFINITY;
    }
    return slack + ROUNDING;
  }

  /** The `limit`-th highest rough score from `least` up to below `most`, of the rows that fit; −∞ where fewer are. */
  #floor(limit: number, least: number, most: number, fits: NeighbourQuery['fits']): number {
    const heap = new HighestScores(limit);
    const { count } = this.numbers;
    let lowest = least;
    for (let row = 0; row < count; row++) {
      const rough = this.#sums[row]!;
      if (rough < lowest || rough >= most || (fits && !fits(row))) continue;
      heap.offer(rough);
      lowest = Math.max(lowest, heap.lowest);
    }
    return heap.lowest;
  }
}

/** Likest first; the id makes the order total. */
export function inOrder(a: Neighbour, b: Neighbour): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
