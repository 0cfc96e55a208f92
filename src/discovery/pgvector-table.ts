import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { Signal } from '../signals/signal.js';
import { type Aspects, DEFAULT_BLEND, type DenseAspect } from './aspect.js';
import type { CatalogIndex } from './catalog-index.js';
import type { Statements } from './restriction.js';
import { packedFromBytes } from './telling-words.js';
import { halfvec, patternOf, titleVector, titleVectorLength } from './title-vector.js';

/** Titles that one statement writes: about 3 MB. */
const BATCH = 2_000;
/** Raised when the columns below change. */
const LAYOUT = 2;
/** Any number that nothing else of ours locks: of several processes one makes the table. */
const TABLE_LOCK = 5_117_004;

/**
 * The table that graphs are built over, `"TitleVector"`: what profiles say, as pgvector searches it. It is made at
 * start and not by a migration, because it depends on an extension and on the pack; it holds nothing of its own.
 */
export class PgvectorTable {
  /** Numbers of each aspect in the vector of all. */
  readonly dimensions: Record<DenseAspect, number>;
  readonly #madeFor: string;
  /** What titles have: every sum of `ASPECT_BITS` that occurs. */
  readonly patterns = new Set<number>();
  /** Rows up to this one are counted in `patterns`. */
  #counted = '0';

  constructor(
    private readonly database: Statements,
    private readonly index: CatalogIndex,
    private readonly models: Record<Signal, string>,
  ) {
    this.dimensions = { ...index.dimensions, TAGS: index.labels.labels.length };
    this.#madeFor = JSON.stringify([LAYOUT, DEFAULT_BLEND, models, this.dimensions, index.labels.labels]);
  }

  /** Makes the table anew where it is missing or was made for other models or labels. */
  async create(): Promise<void> {
    const all = titleVectorLength(this.dimensions);
    const comment = this.#madeFor.replaceAll("'", "''");
    await this.database.query(
      `DO $do$ BEGIN
        PERFORM pg_advisory_xact_lock(${TABLE_LOCK});
        CREATE EXTENSION IF NOT EXISTS vector;
        IF obj_description(to_regclass('"TitleVector"'), 'pg_class') IS DISTINCT FROM '${comment}' THEN
          DROP TABLE IF EXISTS "TitleVector";
          CREATE TABLE "TitleVector" (
            "titleId" TEXT PRIMARY KEY REFERENCES "TitleProfile" ("titleId") ON DELETE CASCADE,
            "revision" BIGINT NOT NULL,
            "has" INTEGER NOT NULL,
            "all" halfvec(${all}) NOT NULL,
            "text" halfvec(${this.dimensions.TEXT})
          );
          CREATE INDEX "TitleVector_revision" ON "TitleVector" ("revision");
          COMMENT ON TABLE "TitleVector" IS '${comment}';
        END IF;
      END $do$`,
      [],
    );
  }

  /** Graphs are built over what is there, several times faster than title by title. */
  async createGraphs(): Promise<void> {
    for (const column of ['all', 'text'])
      await this.database.query(
        `DO $do$ BEGIN
          PERFORM pg_advisory_xact_lock(${TABLE_LOCK});
          CREATE INDEX IF NOT EXISTS "TitleVector_${column}"
            ON "TitleVector" USING hnsw ("${column}" halfvec_ip_ops);
        END $do$`,
        [],
      );
    // Without statistics the planner walks no graph.
    await this.database.query('ANALYZE "TitleVector"', []);
  }

  /** Takes over every profile that was written since; two processes that do so write the same. */
  async readNewer(): Promise<void> {
    for (let behind = await this.#newest(); ; ) {
      const { rows } = await this.database.query<ProfileRow>(READ, [
        behind,
        BATCH,
        this.models.TEXT,
        this.models.PICTURE,
        this.models.SOUND,
      ]);
      await this.#write(rows);
      if (rows.length < BATCH) return this.#countPatterns();
      behind = rows.at(-1)!.revision;
    }
  }

  /** Other processes write rows, too. */
  async #countPatterns(): Promise<void> {
    const newest = await this.#newest();
    const { rows } = await this.database.query<{ has: number }>(
      `SELECT DISTINCT "has" FROM "TitleVector" WHERE "revision" > $1::bigint`,
      [this.#counted],
    );
    for (const { has } of rows) this.patterns.add(has);
    this.#counted = newest;
  }

  async #newest(): Promise<string> {
    const { rows } = await this.database.query<{ newest: string }>(
      `SELECT coalesce(max("revision"), 0)::text AS "newest" FROM "TitleVector"`,
      [],
    );
    return rows[0]!.newest;
  }

  async #write(profiles: readonly ProfileRow[]): Promise<void> {
    const rows = profiles.flatMap(({ titleId, revision, ...profile }) => {
      const aspects = this.#aspectsOf(titleId, profile);
      const all = aspects && titleVector(aspects, this.dimensions);
      if (!all) return [];
      const text = aspects.TEXT && halfvec(aspects.TEXT);
      return [{ titleId, revision, has: patternOf(aspects), all: halfvec(all), text }];
    });
    await this.database.query(WRITE, [JSON.stringify(rows)]);
  }

  #aspectsOf(
    titleId: string,
    { text, terms, picture, sound }: Omit<ProfileRow, 'titleId' | 'revision'>,
  ): Aspects | null {
    const row = this.index.numbers.of(titleId);
    if (row === undefined) return null;
    const vector = (bytes: Uint8Array | null) => bytes && vectorFromBytes(bytes);
    const vectors = { TEXT: vector(text), PICTURE: vector(picture), SOUND: vector(sound) };
    return this.index.aspectsAt(row, vectors, terms && packedFromBytes(terms));
  }
}

interface ProfileRow {
  titleId: string;
  revision: string;
  text: Uint8Array | null;
  terms: Uint8Array | null;
  picture: Uint8Array | null;
  sound: Uint8Array | null;
}

const READ = `
  SELECT f."titleId", f."revision"::text AS "revision",
    CASE WHEN f."textModel" = $3 THEN f."text" END AS "text",
    CASE WHEN f."textModel" = $3 THEN f."terms" END AS "terms",
    CASE WHEN f."pictureModel" = $4 THEN f."picture" END AS "picture",
    CASE WHEN f."soundModel" = $5 THEN f."sound" END AS "sound"
  FROM "TitleProfile" f
  WHERE f."revision" > $1::bigint
  ORDER BY f."revision"
  LIMIT $2`;

const WRITE = `
  INSERT INTO "TitleVector" AS v ("titleId", "revision", "has", "all", "text")
  SELECT r."titleId", r."revision", r."has", r."all"::halfvec, r."text"::halfvec
  FROM jsonb_to_recordset($1::jsonb) AS r("titleId" text, "revision" bigint, "has" int, "all" text, "text" text)
  WHERE EXISTS (SELECT FROM "TitleProfile" f WHERE f."titleId" = r."titleId")
  ON CONFLICT ("titleId") DO UPDATE
    SET "revision" = excluded."revision", "has" = excluded."has", "all" = excluded."all", "text" = excluded."text"
    WHERE v."revision" < excluded."revision"`;
