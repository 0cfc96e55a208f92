import type pg from 'pg';
import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { ThreadPool } from '../inference/threads.js';
import type { Signal } from '../signals/signal.js';
import { unit } from './aspect.js';
import { type LabelOpinion, mergeLabels, type Profile } from './profile.js';
import type { DiscoveryTasks } from './tasks.js';
import type { CatalogText, ReadText } from './text-reader.js';

/** Titles that a thread reads in one task. */
const CHUNK = 64;
/** Titles a round and thread: bounds memory, and how long a round's transaction takes. */
const ROUND_CHUNKS = 4;
/** Any number that nothing else of ours locks: of several processes one makes profiles. */
const MAKER_LOCK = 5_117_002;
/** Profiles get their revisions in the order of commits, so that "newer than" misses none. */
const REVISION_LOCK = 5_117_003;

interface ProfileParts {
  pool: pg.Pool;
  threads: ThreadPool<DiscoveryTasks>;
  packFolder: string;
  /** Which models' vectors count; others' are treated as missing. */
  models: Record<Signal, string>;
}

interface OutdatedTitle extends CatalogText {
  titleId: string;
  /** Read together with the title: those that come later make its profile anew. */
  changes: number;
  predictionId: string | null;
  opinions: LabelOpinion[] | null;
  verdicts: { label: string; verdict: 'ACCEPT' | 'REJECT' | 'PRIMARY' }[] | null;
  vectors: { signal: Signal; model: string; vector: string }[] | null;
}

/**
 * Makes every profile that is out of date, until none is. Does nothing while another process is at it.
 * @param onRound told how many profiles a round made
 */
export async function makeProfiles(
  parts: ProfileParts,
  signal: AbortSignal,
  onRound: (made: number) => void = () => undefined,
): Promise<void> {
  const client = await parts.pool.connect();
  try {
    const { rows } = await client.query(`SELECT pg_try_advisory_lock(${MAKER_LOCK}) AS mine`);
    if (!rows[0].mine) return;
    try {
      while (!signal.aborted) {
        const made = await makeRound(parts, client);
        if (made === 0) return;
        onRound(made);
      }
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${MAKER_LOCK})`);
    }
  } finally {
    client.release();
  }
}

/** Profiles that another version of the text model made are wanted anew: its vectors are never compared with this one's. */
export async function renewForeignProfiles(pool: pg.Pool, textModel: string): Promise<void> {
  await pool.query(
    `INSERT INTO "OutdatedProfile" ("titleId")
     SELECT "titleId" FROM "TitleProfile" WHERE "textModel" <> $1 ORDER BY 1 ON CONFLICT DO NOTHING`,
    [textModel],
  );
}

async function makeRound(parts: ProfileParts, client: pg.PoolClient): Promise<number> {
  const titles = await readOutdated(client, parts.threads.size * ROUND_CHUNKS * CHUNK);
  const chunks = Array.from({ length: Math.ceil(titles.length / CHUNK) }, (_, i) =>
    titles.slice(i * CHUNK, (i + 1) * CHUNK),
  );
  const read = await Promise.all(
    chunks.map((chunk) =>
      parts.threads.run('readTexts', {
        packFolder: parts.packFolder,
        texts: chunk.map(({ synopsis, transcript, genres }) => ({ synopsis, transcript, genres })),
      }),
    ),
  );
  const texts = read.flat();
  const profiles = titles.map((title, i) => profileOf(title, texts[i]!, parts.models));
  if (titles.length > 0) await writeProfiles(client, titles, profiles);
  return titles.length;
}

async function readOutdated(client: pg.PoolClient, limit: number): Promise<OutdatedTitle[]> {
  const { rows } = await client.query<OutdatedTitle>(
    `SELECT t."id" AS "titleId", o."changes", t."synopsis", left((
         SELECT string_agg(n."text", ' ' ORDER BY n."index") FROM "Line" n WHERE n."trailerId" = p."trailerId"),
         200000) AS "transcript",
       coalesce(t."genres", '{}') AS "genres", p."id" AS "predictionId",
       CASE WHEN p."id" IS NOT NULL THEN (
         SELECT json_agg(json_build_object(
           'label', g."labelId", 'probability', g."probability", 'threshold', g."threshold", 'state', g."state"))
         FROM "Tag" g WHERE g."predictionId" = p."id") END AS "opinions",
       CASE WHEN p."id" IS NOT NULL THEN (
         SELECT json_agg(json_build_object('label', v."labelId", 'verdict', v."verdict") ORDER BY v."createdAt", v."id")
         FROM "Review" v WHERE v."predictionId" = p."id" AND v."undoneAt" IS NULL) END AS "verdicts",
       CASE WHEN p."id" IS NOT NULL THEN (
         SELECT json_agg(json_build_object(
           'signal', s."signal", 'model', s."model", 'vector', encode(s."vector", 'base64')))
         FROM "SignalVector" s WHERE s."trailerId" = p."trailerId" AND s."vector" IS NOT NULL) END AS "vectors"
     FROM "OutdatedProfile" o
     JOIN "Title" t ON t."id" = o."titleId"
     LEFT JOIN LATERAL (
       SELECT p."id", p."trailerId" FROM "Prediction" p JOIN "Trailer" r ON r."id" = p."trailerId"
       WHERE r."titleId" = t."id" ORDER BY p."createdAt" DESC, p."id" DESC LIMIT 1
     ) p ON TRUE
     ORDER BY o."titleId"
     LIMIT $1`,
    [limit],
  );
  return rows;
}

/** What the trailer and the catalog's own text say together. */
function profileOf(title: OutdatedTitle, text: ReadText, models: Record<Signal, string>): Profile {
  const own = (signal: Signal, dimensions?: number): Float32Array | null => {
    const stored = title.vectors?.find((entry) => entry.signal === signal && entry.model === models[signal]);
    return stored
      ? unit(vectorFromBytes(Buffer.from(stored.vector, 'base64')).subarray(0, dimensions))
      : null;
  };
  const spoken = own('TEXT', text.dense);
  const of = (signal: Signal, vector: Float32Array | null) => vector && { model: models[signal], vector };
  return {
    predictionId: title.predictionId,
    vectors: {
      TEXT: of('TEXT', between(spoken, text.vector)),
      PICTURE: of('PICTURE', own('PICTURE')),
      SOUND: of('SOUND', own('SOUND')),
    },
    words: text.words,
    labels: mergeLabels({
      opinions: [...(title.opinions ?? []), ...text.opinions],
      given: text.given,
      verdicts: title.verdicts ?? [],
    }),
  };
}

/** The direction between two unit vectors, or the one that is there. */
function between(a: Float32Array | null, b: Float32Array | null): Float32Array | null {
  return a && b ? unit(a.map((value, i) => value + b[i]!)) : (a ?? b);
}

async function writeProfiles(
  client: pg.PoolClient,
  titles: readonly OutdatedTitle[],
  profiles: readonly Profile[],
): Promise<void> {
  const rows = profiles.map(({ predictionId, vectors, words, labels }, i) => ({
    titleId: titles[i]!.titleId,
    predictionId,
    textModel: vectors.TEXT?.model ?? null,
    text: base64(vectors.TEXT?.vector),
    terms: base64(words),
    pictureModel: vectors.PICTURE?.model ?? null,
    picture: base64(vectors.PICTURE?.vector),
    soundModel: vectors.SOUND?.model ?? null,
    sound: base64(vectors.SOUND?.vector),
    labels: labels.map(({ label }) => label),
    probabilities: labels.map(({ probability }) => probability),
    accepted: labels.filter(({ accepted }) => accepted).length,
  }));
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${REVISION_LOCK})`);
    await client.query(WRITE, [JSON.stringify(rows)]);
    await client.query(UP_TO_DATE, [
      titles.map(({ titleId }) => titleId),
      titles.map(({ changes }) => changes),
    ]);
    await client.query(`SELECT pg_notify('marquee_profile', '')`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** The words are weighed A to D: name, labels and genres, synopsis, what the newest trailer says. */
const WRITE = `
  UPDATE "TitleProfile" f SET
    "revision" = nextval('"TitleProfile_revision_seq"'),
    "predictionId" = r."predictionId",
    "textModel" = r."textModel", "text" = decode(r."text", 'base64'),
    "terms" = decode(r."terms", 'base64'),
    "pictureModel" = r."pictureModel", "picture" = decode(r."picture", 'base64'),
    "soundModel" = r."soundModel", "sound" = decode(r."sound", 'base64'),
    "labels" = r."labels", "probabilities" = r."probabilities", "accepted" = r."accepted",
    "words" =
      setweight(to_tsvector('marquee', t."name"), 'A') ||
      setweight(to_tsvector('marquee', concat_ws(' ', array_to_string(t."genres", ' '), (
        SELECT string_agg(l."name", ' ') FROM "Label" l WHERE l."id" = ANY(r."labels"[:r."accepted"])))), 'B') ||
      setweight(to_tsvector('marquee', coalesce(t."synopsis", '')), 'C') ||
      setweight(to_tsvector('marquee', coalesce(left((
        SELECT string_agg(n."text", ' ' ORDER BY n."index")
        FROM "Line" n JOIN "Prediction" p ON p."trailerId" = n."trailerId"
        WHERE p."id" = r."predictionId"), 200000), '')), 'D')
  FROM jsonb_to_recordset($1::jsonb) AS r(
    "titleId" text, "predictionId" text, "textModel" text, "text" text, "terms" text, "pictureModel" text,
    "picture" text, "soundModel" text, "sound" text, "labels" text[], "probabilities" float8[], "accepted" int)
  JOIN "Title" t ON t."id" = r."titleId"
  WHERE f."titleId" = r."titleId"`;

/** Those that changed meanwhile stay out of date. Locked in the order in which the triggers lock them. */
const UP_TO_DATE = `
  WITH made AS (
    SELECT o."titleId" FROM "OutdatedProfile" o
    JOIN unnest($1::text[], $2::int[]) AS r("titleId", "changes") USING ("titleId", "changes")
    ORDER BY o."titleId" FOR UPDATE OF o)
  DELETE FROM "OutdatedProfile" o USING made WHERE o."titleId" = made."titleId"`;

function base64(vector: Float32Array | Uint32Array | null | undefined): string | null {
  return vector ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64') : null;
}
