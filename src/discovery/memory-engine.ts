import { type Aspects, copyOf } from './aspect.js';
import type { CatalogIndex } from './catalog-index.js';
import { firstPassing, type Statements } from './restriction.js';
import type { NeighbourRequest, VectorEngine } from './vector-engine.js';
import type { Neighbour, VectorIndex } from './vector-index.js';

/** Exact search over vectors in this thread; the database is asked only which titles pass a restriction. */
export class MemoryEngine implements VectorEngine {
  readonly #vectors: VectorIndex;

  constructor(
    private readonly index: CatalogIndex,
    private readonly database: Statements,
  ) {
    if (!index.vectors) throw new TypeError('The index was made without vectors.');
    this.#vectors = index.vectors;
  }

  nearest(request: NeighbourRequest): Promise<Neighbour[]> {
    const { query, blend, minScore, without, labels, restriction, limit, after } = request;
    const { numbers, labels: table } = this.index;
    const fits = (row: number) =>
      !without.has(numbers.idOf(row)) && (labels === null || table.fits(row, labels));
    const list = (count: number, behind: Neighbour | null) =>
      this.#vectors.nearest({ query, blend, minScore, fits, limit: count, after: behind });
    return firstPassing(this.database, restriction, limit, after, list);
  }

  async aspectsOf(ids: readonly string[]): Promise<Map<string, Aspects>> {
    return new Map(
      ids.flatMap((id) => {
        const row = this.index.numbers.of(id);
        return row === undefined ? [] : [[id, copyOf(this.#vectors.at(row))]];
      }),
    );
  }

  /** The index has its vectors with its labels. */
  async refresh(): Promise<void> {}
}
