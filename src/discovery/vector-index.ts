import { ASPECTS, type Aspect, type Aspects, type Blend, noAspects, similarity } from './aspect.js';
import { HighestScores } from './highest-scores.js';
import { VectorColumn } from './vector-column.js';

/** A title and how alike it is, −1 … 1. */
export interface Neighbour {
  id: string;
  score: number;
}

/** A place in a list of neighbours: everything behind it scores less, or as much with a larger id. */
export interface NeighbourQuery {
  query: Aspects;
  blend: Blend;
  limit: number;
  /** The list goes on behind this one. */
  after?: Neighbour | null;
  /** Left out: these titles. */
  without?: ReadonlySet<string>;
  minScore?: number;
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
  readonly #columns: Record<Aspect, VectorColumn>;
  readonly #rowOf = new Map<string, number>();
  readonly #ids: string[] = [];
  #capacity = 0;
  #sums = new Float32Array(0);
  #masses = new Float32Array(0);

  /** @param dimensions numbers of each aspect's vectors */
  constructor(readonly dimensions: Record<Aspect, number>) {
    this.#columns = Object.fromEntries(
      ASPECTS.map((aspect) => [aspect, new VectorColumn(dimensions[aspect])]),
    ) as Record<Aspect, VectorColumn>;
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Bytes that a title takes, its id apart. */
  get rowBytes(): number {
    return ASPECTS.reduce((sum, aspect) => sum + this.#columns[aspect].rowBytes, 0) + 8;
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Makes room for `rows` titles in all, so that loading does not grow step by step. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, Math.ceil(this.#capacity * 1.5), 1_024);
    for (const aspect of ASPECTS) this.#columns[aspect].reserve(this.#capacity);
    this.#sums = new Float32Array(this.#capacity);
    this.#masses = new Float32Array(this.#capacity);
  }

  /** @param aspects vectors of length 1 */
  put(id: string, aspects: Aspects): void {
    let row = this.#rowOf.get(id);
    if (row === undefined) {
      row = this.#ids.length;
      this.reserve(row + 1);
      this.#ids.push(id);
      this.#rowOf.set(id, row);
    }
    for (const aspect of ASPECTS) this.#columns[aspect].set(row, aspects[aspect]);
  }

  /** The last row takes the place of the one that goes. */
  remove(id: string): void {
    const row = this.#rowOf.get(id);
    if (row === undefined) return;
    const last = this.#ids.length - 1;
    const lastId = this.#ids[last]!;
    if (row !== last) {
      for (const aspect of ASPECTS) this.#columns[aspect].move(last, row);
      this.#ids[row] = lastId;
      this.#rowOf.set(lastId, row);
    }
    this.#ids.pop();
    this.#rowOf.delete(id);
  }

  has(id: string): boolean {
    return this.#rowOf.has(id);
  }

  /** The title's vectors (views, to be used at once), or null where it is not known. */
  aspectsOf(id: string): Aspects | null {
    const row = this.#rowOf.get(id);
    return row === undefined ? null : this.#aspectsAt(row);
  }

  /** The likest titles, likest first; equal scores by id. */
  nearest({ query, blend, limit, after = null, without, minScore = -1 }: NeighbourQuery): Neighbour[] {
    const slack = this.#scan(query, blend);
    const ceiling = after ? after.score + slack : Number.POSITIVE_INFINITY;
    const floor = this.#floor(limit + (without?.size ?? 0), ceiling, slack, after !== null);
    const found: Neighbour[] = [];
    const lowest = Math.max(floor - 2 * slack, minScore - slack);
    for (let row = 0; row < this.#ids.length; row++) {
      const rough = this.#sums[row]!;
      if (rough < lowest || rough > ceiling) continue;
      const id = this.#ids[row]!;
      const exact = similarity(query, this.#aspectsAt(row), blend);
      if (exact === null || without?.has(id)) continue;
      const neighbour = { id, score: Math.round(exact * DIGITS) / DIGITS };
      if (neighbour.score >= minScore && (!after || inOrder(after, neighbour) < 0)) found.push(neighbour);
    }
    return found.sort(inOrder).slice(0, limit);
  }

  /** Leaves every row's rough score in `#sums`; −∞ where nothing is shared. @returns how far a score can be off */
  #scan(query: Aspects, blend: Blend): number {
    const rows = this.#ids.length;
    this.#sums.fill(0, 0, rows);
    this.#masses.fill(0, 0, rows);
    let slack = 0;
    for (const aspect of ASPECTS) {
      const vector = query[aspect];
      if (!vector || blend[aspect] === 0) continue;
      const off = this.#columns[aspect].scan(vector, blend[aspect], rows, this.#sums, this.#masses);
      slack = Math.max(slack, off);
    }
    for (let row = 0; row < rows; row++) {
      const mass = this.#masses[row]!;
      this.#sums[row] = mass > 0 ? this.#sums[row]! / mass : Number.NEGATIVE_INFINITY;
    }
    return slack + ROUNDING;
  }

  /** The `count`-th highest rough score; behind a cursor, of those that are behind it for certain. */
  #floor(count: number, ceiling: number, slack: number, paged: boolean): number {
    const below = paged ? ceiling - 2 * slack : ceiling;
    const heap = new HighestScores(count);
    for (let row = 0; row < this.#ids.length; row++) {
      const rough = this.#sums[row]!;
      if (rough < below) heap.offer(rough);
    }
    return heap.lowest;
  }

  #aspectsAt(row: number): Aspects {
    const aspects = noAspects();
    for (const aspect of ASPECTS) aspects[aspect] = this.#columns[aspect].at(row);
    return aspects;
  }
}

/** Likest first; the id makes the order total. */
export function inOrder(a: Neighbour, b: Neighbour): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
