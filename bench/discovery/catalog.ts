import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';
import { newId } from '../../src/catalog/id.js';
import { vectorFromBytes } from '../../src/catalog/vector-bytes.js';
import { type Aspects, noAspects, unit } from '../../src/discovery/aspect.js';
import { packedFromBytes, tellingWords, unpackedWords } from '../../src/discovery/telling-words.js';
import type { Vocabulary } from '../../src/signals/text-features.js';
import { randomStream } from '../../src/tagging/random.js';

/** Films come in kinds: this many centres, with noise about as strong as the centre. */
const CLUSTERS = 400;
const NOISE = 0.9;
const WORDS_EACH = 40;
const LABELS_EACH = 7;
/** Share of titles that have a trailer, and with it picture and sound. */
const WITH_TRAILER = 0.7;

export interface GeneratedTitle {
  id: string;
  name: string;
  synopsis: string;
  aspects: Aspects;
  /** As profiles pack them. */
  words: Uint32Array | null;
  labels: string[];
  probabilities: number[];
}

/** Titles with clustered vectors and labels and words by Zipf's law, the same for the same seed. */
export class GeneratedCatalog {
  readonly #random: () => number;
  readonly #centres: Aspects[];

  constructor(
    private readonly dimensions: { TEXT: number; PICTURE: number; SOUND: number },
    private readonly labels: readonly string[],
    private readonly words: readonly string[],
    private readonly vocabulary: Vocabulary,
    seed: number,
  ) {
    this.#random = randomStream(seed);
    this.#centres = Array.from({ length: CLUSTERS }, () => this.#around(null, 1));
  }

  next(number: number): GeneratedTitle {
    const cluster = this.#zipf(CLUSTERS);
    const aspects = this.#around(this.#centres[cluster]!, NOISE);
    if (this.#random() > WITH_TRAILER) Object.assign(aspects, { PICTURE: null, SOUND: null });
    const labels = [
      ...new Set(
        Array.from(
          { length: LABELS_EACH },
          // A cluster has labels of its own, so that labels and vectors agree as they do in life.
          () => this.labels[(this.#zipf(this.labels.length) + 7 * cluster) % this.labels.length]!,
        ),
      ),
    ];
    const text = Array.from({ length: WORDS_EACH }, () => this.words[this.#zipf(this.words.length)]!);
    return {
      id: newId('title'),
      name: `${text[0]} ${text[1]} ${number}`,
      synopsis: text.join(' '),
      words: tellingWords(text.join(' '), this.vocabulary),
      aspects,
      labels,
      probabilities: labels.map(() => 0.5 + this.#random() / 2).sort((a, b) => b - a),
    };
  }

  /** One or two words of the middle of the list, as people search for. */
  query(): string {
    const word = () => this.words[50 + this.#zipf(this.words.length - 50)]!;
    return this.#random() < 0.3 ? `${word()} western` : `${word()} ${word()}`;
  }

  #around(centre: Aspects | null, noise: number): Aspects {
    const aspects = noAspects();
    for (const signal of ['TEXT', 'PICTURE', 'SOUND'] as const) {
      const length = this.dimensions[signal];
      const spread = noise / Math.sqrt(length);
      aspects[signal] = unit(
        Float32Array.from({ length }, (_, i) => (centre?.[signal]?.[i] ?? 0) + spread * this.#normal()),
      );
    }
    return aspects;
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  /** 0 … n − 1, place r about 1 / (r + 1) as often as the first. */
  #zipf(n: number): number {
    return Math.min(n - 1, Math.floor((n + 1) ** this.#random() - 1));
  }
}

/** The pack's own words, commonest first. */
export async function readWords(packFolder: string): Promise<string[]> {
  const text = gunzipSync(await readFile(path.join(packFolder, 'vocabulary.txt.gz'))).toString();
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t') as [string, string])
    .filter(([term]) => !term.includes(' '))
    .sort((a, b) => Number(b[1]) - Number(a[1]))
    .map(([term]) => term);
}

const base64 = (vector: Float32Array | Uint32Array | null) =>
  vector && Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/** Titles that one statement writes. */
const BATCH = 2_000;

/** Fills an empty database with titles and their profiles, as the server would have made them. */
export async function writeTitles(
  pool: pg.Pool,
  catalog: GeneratedCatalog,
  count: number,
  models: Record<'TEXT' | 'PICTURE' | 'SOUND', string>,
): Promise<void> {
  await pool.query('TRUNCATE "Title" CASCADE');
  for (let from = 0; from < count; from += BATCH) {
    const titles = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => catalog.next(from + i));
    await writeBatch(pool, titles, models);
  }
  await pool.query('VACUUM ANALYZE');
}

/** All titles with the vectors that the database has of them, in the order of their ids. */
export async function readTitles(pool: pg.Pool): Promise<{ id: string; aspects: Aspects }[]> {
  const { rows } = await pool.query<{
    id: string;
    text: Buffer;
    terms: Buffer | null;
    picture: Buffer | null;
    sound: Buffer | null;
  }>(`SELECT "titleId" AS "id", "text", "terms", "picture", "sound" FROM "TitleProfile" ORDER BY "titleId"`);
  return rows.map(({ id, text, terms, picture, sound }) => ({
    id,
    aspects: {
      ...noAspects(),
      TEXT: vectorFromBytes(text),
      WORDS: terms && unpackedWords(packedFromBytes(terms)),
      PICTURE: picture && vectorFromBytes(picture),
      SOUND: sound && vectorFromBytes(sound),
    },
  }));
}

async function writeBatch(
  pool: pg.Pool,
  titles: readonly GeneratedTitle[],
  models: Record<'TEXT' | 'PICTURE' | 'SOUND', string>,
): Promise<void> {
  const rows = titles.map(({ id, name, synopsis, aspects, words, labels, probabilities }) => ({
    ...{ id, name, synopsis, labels, probabilities },
    terms: base64(words),
    ...{ text: base64(aspects.TEXT), picture: base64(aspects.PICTURE), sound: base64(aspects.SOUND) },
  }));
  const json = JSON.stringify(rows);
  await pool.query(
    `INSERT INTO "Title" ("id", "name", "synopsis", "genres", "releaseYear", "updatedAt")
     SELECT r."id", r."name", r."synopsis", '{}', 1950 + (random() * 70)::int, now()
     FROM jsonb_to_recordset($1::jsonb) AS r("id" text, "name" text, "synopsis" text)`,
    [json],
  );
  await pool.query(
    `UPDATE "TitleProfile" f SET "revision" = nextval('"TitleProfile_revision_seq"'),
       "textModel" = $2, "text" = decode(r."text", 'base64'), "terms" = decode(r."terms", 'base64'),
       "pictureModel" = $3, "picture" = decode(r."picture", 'base64'),
       "soundModel" = $4, "sound" = decode(r."sound", 'base64'),
       "labels" = r."labels", "probabilities" = r."probabilities", "accepted" = cardinality(r."labels"),
       "words" = setweight(to_tsvector('english', r."name"), 'A') || setweight(to_tsvector('english', r."synopsis"), 'C')
     FROM jsonb_to_recordset($1::jsonb) AS r("id" text, "name" text, "synopsis" text, "labels" text[],
       "probabilities" float8[], "text" text, "terms" text, "picture" text, "sound" text)
     WHERE f."titleId" = r."id"`,
    [json, models.TEXT, models.PICTURE, models.SOUND],
  );
  await pool.query('TRUNCATE "OutdatedProfile"');
}
