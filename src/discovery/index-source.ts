import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { Signal } from '../signals/signal.js';
import type { CatalogIndex } from './catalog-index.js';
import type { Statements } from './restriction.js';
import { packedFromBytes } from './telling-words.js';

/** Profiles that one statement reads: about 4 MB. */
const BATCH = 4_000;

interface ProfileRow {
  titleId: string;
  revision: string;
  text: Buffer | null;
  picture: Buffer | null;
  sound: Buffer | null;
  terms: Buffer | null;
  labels: string[];
  probabilities: number[];
  accepted: number;
  createdAt: Date;
}

/** Keeps an index as the table of profiles is, by asking for what is newer than what it knows. */
export class IndexSource {
  #revision = '0';

  constructor(
    private readonly database: Statements,
    private readonly models: Record<Signal, string>,
  ) {}

  /** Takes over every profile that was written since. */
  async readNewer(index: CatalogIndex): Promise<void> {
    if (index.size === 0) {
      const { rows } = await this.database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM "TitleProfile"`,
        [],
      );
      index.reserve(Math.ceil(rows[0]!.count * 1.1));
    }
    for (;;) {
      const { rows } = await this.database.query<ProfileRow>(READ, [
        this.#revision,
        BATCH,
        this.models.TEXT,
        this.models.PICTURE,
        this.models.SOUND,
      ]);
      for (const row of rows) this.#put(index, row);
      if (rows.length < BATCH) return;
    }
  }

  /** Drops what the table has no longer, after notifications may have been missed. */
  async dropGone(index: CatalogIndex): Promise<void> {
    const { rows } = await this.database.query<{ titleId: string }>(
      `SELECT "titleId" FROM "TitleProfile"`,
      [],
    );
    const present = new Set(rows.map(({ titleId }) => titleId));
    for (const id of [...index.numbers.ids]) if (!present.has(id)) index.remove(id);
  }

  #put(index: CatalogIndex, row: ProfileRow): void {
    const vector = (bytes: Buffer | null) => (bytes ? vectorFromBytes(bytes) : null);
    index.put({
      id: row.titleId,
      vectors: { TEXT: vector(row.text), PICTURE: vector(row.picture), SOUND: vector(row.sound) },
      words: row.terms && packedFromBytes(row.terms),
      labels: row.labels,
      probabilities: row.probabilities,
      accepted: row.accepted,
      createdAt: row.createdAt.getTime(),
    });
    this.#revision = row.revision;
  }
}

/** A vector of another model is no vector here. */
const READ = `
  SELECT f."titleId", f."revision"::text AS "revision",
    CASE WHEN f."textModel" = $3 THEN f."text" END AS "text",
    CASE WHEN f."textModel" = $3 THEN f."terms" END AS "terms",
    CASE WHEN f."pictureModel" = $4 THEN f."picture" END AS "picture",
    CASE WHEN f."soundModel" = $5 THEN f."sound" END AS "sound",
    f."labels", f."probabilities", f."accepted", t."createdAt"
  FROM "TitleProfile" f JOIN "Title" t ON t."id" = f."titleId"
  WHERE f."revision" > $1::bigint
  ORDER BY f."revision"
  LIMIT $2`;
