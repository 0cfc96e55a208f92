import { vectorFromBytes } from '../catalog/vector-bytes.js';
import { Prisma } from '../generated/prisma/client.js';
import type { Signal } from '../signals/signal.js';
import { ASPECTS, type Aspects, askedOf, similarity } from './aspect.js';
import type { CatalogIndex } from './catalog-index.js';
import { PgvectorTable } from './pgvector-table.js';
import { restrictionCondition, type Statements } from './restriction.js';
import type { SparseVector } from './sparse-vector.js';
import { packedFromBytes } from './telling-words.js';
import { halfvec, patternOf, queryVector } from './title-vector.js';
import type { NeighbourRequest, VectorEngine } from './vector-engine.js';
import { inOrder, type Neighbour } from './vector-index.js';

/**
 * Candidates for each title that is wanted: the graph is walked by one vector of all aspects in half precision, and
 * its order is mended by exact scores (`npm run bench -- discovery --vectors pgvector` has the recall).
 */
const OVERFETCH = 3;
/** As many as a walk keeps (`hnsw.ef_search`). */
const FEWEST_CANDIDATES = 200;
/** A cursor lies behind what was listed before: look this many times further each time. */
const LOOK_FURTHER = 4;
const DIGITS = 1e6;

/**
 * What every connection to a database with pgvector is opened with: a wide walk, and one that goes on while
 * conditions thin out what it finds (pgvector 0.8; older ones drop the name they do not know).
 */
export const PGVECTOR_SETTINGS =
  '-c hnsw.ef_search=200 -c hnsw.iterative_scan=relaxed_order -c hnsw.max_scan_tuples=50000';

interface Candidate {
  titleId: string;
  text: Uint8Array | null;
  terms: Uint8Array | null;
  picture: Uint8Array | null;
  sound: Uint8Array | null;
}

/** Titles that have the same aspects, in about the order of their scores. */
interface PatternList {
  scored: Neighbour[];
  /** Nothing that could be listed comes behind. */
  isEnd: boolean;
}

interface PatternRequest {
  request: NeighbourRequest;
  /** What the request's blend looks at. */
  asked: Aspects;
  /** Which titles are meant: those of the same aspects among the asked ones. */
  patterns: readonly number[];
  count: number;
  way: 'graph' | 'exact';
}

/** Approximate search in the database: an HNSW graph over halfvec gives candidates, which are scored exactly. */
export class PgvectorEngine implements VectorEngine {
  private constructor(
    private readonly index: CatalogIndex,
    private readonly database: Statements,
    private readonly table: PgvectorTable,
    private readonly models: Record<Signal, string>,
  ) {}

  /** Makes the table and its graphs where they are missing, which takes minutes for a million titles. */
  static async open(
    index: CatalogIndex,
    database: Statements,
    models: Record<Signal, string>,
  ): Promise<PgvectorEngine> {
    const table = new PgvectorTable(database, index, models);
    await table.create();
    await table.readNewer();
    await table.createGraphs();
    return new PgvectorEngine(index, database, table, models);
  }

  async nearest(request: NeighbourRequest): Promise<Neighbour[]> {
    const { limit, minScore, after } = request;
    for (let look = Math.max(FEWEST_CANDIDATES, OVERFETCH * limit); ; look *= LOOK_FURTHER) {
      const lists = await this.#lists(request, look);
      const scored = new Map(
        lists.flatMap((list) => list.scored.map((neighbour) => [neighbour.id, neighbour])),
      );
      const found = [...scored.values()]
        .filter((neighbour) => neighbour.score >= minScore && (!after || inOrder(after, neighbour) < 0))
        .sort(inOrder);
      if (found.length >= limit || lists.every(({ isEnd }) => isEnd)) return found.slice(0, limit);
    }
  }

  async aspectsOf(ids: readonly string[]): Promise<Map<string, Aspects>> {
    const { text, values } = Prisma.sql`
      SELECT f."titleId", ${this.#vectors()} FROM "TitleProfile" f WHERE f."titleId" = ANY(${[...ids]}::text[])`;
    const { rows } = await this.database.query<Candidate>(text, values);
    return new Map(
      rows.flatMap((row) => {
        const aspects = this.#aspects(row);
        return aspects ? [[row.titleId, aspects]] : [];
      }),
    );
  }

  refresh(): Promise<void> {
    return this.table.readNewer();
  }

  /** Candidates by words, and for each pattern by everything else. */
  #lists(request: NeighbourRequest, count: number): Promise<PatternList[]> {
    const asked = askedOf(request.query, request.blend);
    const bits = patternOf(asked);
    const shared = new Set([...this.table.patterns].map((pattern) => pattern & bits));
    shared.delete(0);
    return Promise.all([
      this.#ofWords(request, asked.WORDS, count),
      // The highest inner products among titles of each pattern are those of the highest scores but for words.
      ...[...shared].map(async (common) => {
        const patterns = [...this.table.patterns].filter((pattern) => (pattern & bits) === common);
        const candidates = await this.#ofPattern({ request, asked, patterns, count, way: 'graph' });
        const scored = candidates.flatMap((candidate) => this.#scored(candidate, request));
        const last = scored.at(-1);
        return { scored, isEnd: candidates.length < count || !last || last.score < request.minScore };
      }),
    ]);
  }

  /** Those that share the most telling words, which this process knows of all titles. */
  async #ofWords(request: NeighbourRequest, words: SparseVector | null, count: number): Promise<PatternList> {
    if (!words) return { scored: [], isEnd: true };
    const { numbers, labels } = this.index;
    const fits = (row: number) =>
      !request.without.has(numbers.idOf(row)) && (!request.labels || labels.fits(row, request.labels));
    const ids = this.index.words.highest(words, count, numbers.count, fits).map((row) => numbers.idOf(row));
    const { text, values } = Prisma.sql`
      SELECT f."titleId", ${this.#vectors()}
      FROM "TitleProfile" f JOIN "Title" t ON t."id" = f."titleId"
      WHERE f."titleId" = ANY(${ids}::text[]) AND ${restrictionCondition(request.restriction)}`;
    const { rows } = await this.database.query<Candidate>(text, values);
    const scored = rows.flatMap((candidate) => this.#scored(candidate, request));
    return { scored, isEnd: ids.length < count };
  }

  async #ofPattern({ request, asked, patterns, count, way }: PatternRequest): Promise<Candidate[]> {
    const isTextOnly = ASPECTS.every((aspect) => aspect === 'TEXT' || !asked[aspect]);
    const distance =
      isTextOnly && asked.TEXT
        ? Prisma.sql`v."text" <#> ${halfvec(asked.TEXT)}::halfvec`
        : Prisma.sql`v."all" <#> ${halfvec(queryVector(asked, request.blend, this.table.dimensions))}::halfvec`;
    // An order by a sum is none that a graph could give.
    const order = way === 'graph' ? distance : Prisma.sql`(${distance}) + 0`;
    const { text, values } = Prisma.sql`
      SELECT v."titleId", ${this.#vectors()}
      FROM "TitleVector" v
      JOIN "TitleProfile" f ON f."titleId" = v."titleId"
      JOIN "Title" t ON t."id" = v."titleId"
      WHERE v."has" = ANY(${patterns}::int[]) AND ${this.#condition(request)}
      ORDER BY ${order} LIMIT ${count}`;
    const { rows } = await this.database.query<Candidate>(text, values);
    // A walk gives up after so many titles: what it did not reach, conditions may still let pass.
    if (way === 'graph' && rows.length < request.limit)
      return this.#ofPattern({ request, asked, patterns, count, way: 'exact' });
    return rows;
  }

  #condition({ labels, without, restriction }: NeighbourRequest): Prisma.Sql {
    const idsOf = (numbers: readonly number[]) =>
      numbers.map((number) => this.index.labels.labels[number]!.id);
    return Prisma.join(
      [
        restrictionCondition(restriction),
        Prisma.sql`v."titleId" <> ALL(${[...without]}::text[])`,
        ...(labels?.include ?? []).map((set) => Prisma.sql`f."labels" && ${idsOf(set)}::text[]`),
        Prisma.sql`NOT f."labels"[:f."accepted"] && ${idsOf(labels?.exclude ?? [])}::text[]`,
      ],
      ' AND ',
    );
  }

  #scored(candidate: Candidate, { query, blend }: NeighbourRequest): Neighbour[] {
    const aspects = this.#aspects(candidate);
    const exact = aspects && similarity(query, aspects, blend);
    return exact === null ? [] : [{ id: candidate.titleId, score: Math.round(exact * DIGITS) / DIGITS }];
  }

  /** A vector of another model is no vector here. */
  #vectors(): Prisma.Sql {
    const { TEXT, PICTURE, SOUND } = this.models;
    return Prisma.sql`
      CASE WHEN f."textModel" = ${TEXT} THEN f."text" END AS "text",
      CASE WHEN f."textModel" = ${TEXT} THEN f."terms" END AS "terms",
      CASE WHEN f."pictureModel" = ${PICTURE} THEN f."picture" END AS "picture",
      CASE WHEN f."soundModel" = ${SOUND} THEN f."sound" END AS "sound"`;
  }

  /** Null for a title that the index has not heard of yet. */
  #aspects({ titleId, text, terms, picture, sound }: Candidate): Aspects | null {
    const row = this.index.numbers.of(titleId);
    if (row === undefined) return null;
    const vector = (bytes: Uint8Array | null) => bytes && vectorFromBytes(bytes);
    const vectors = { TEXT: vector(text), PICTURE: vector(picture), SOUND: vector(sound) };
    return this.index.aspectsAt(row, vectors, terms && packedFromBytes(terms));
  }
}
