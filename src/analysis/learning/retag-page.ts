import type pg from 'pg';
import { decisionColumns, INSERT_DECISIONS, type StoredTag, splitTags } from '../../catalog/tag-rows.js';
import { vectorFromBytes } from '../../catalog/vector-bytes.js';
import type { Moment, Signal, SignalEmbedding } from '../../signals/signal.js';
import type { Tagger } from '../../tagging/tagger.js';

/** Predictions that are tagged anew together, in one transaction. */
export interface RetagPage {
  predictionIds: string[];
  /** The version that tags. */
  classifierId: string;
  /** Encoders whose vectors count. */
  encoders: readonly string[];
  /** Which run this is for; writes of an attempt that is not the newest any more are refused. */
  run: { id: string; attempt: number };
}

export interface RetaggedPage {
  tagged: number;
  /** Their trailers have no vectors of this pack's encoders. */
  skipped: number;
  /** False: another worker has taken the run, or it was stopped; nothing was written. */
  isWanted: boolean;
}

interface StoredSignals {
  predictionId: string;
  titleId: string;
  vectors: StoredVector[];
  lines: string[];
}

interface StoredVector {
  id: string;
  signal: Signal;
  model: string;
  /** base64 */
  vector: string | null;
  measures: Record<string, number>;
  missingReason: string | null;
}

/** What will be written of a prediction; its other tags are gone by then, for a page of them is a thread's largest litter. */
interface TaggedPrediction {
  predictionId: string;
  titleId: string;
  /** Tags that get rows of their own. */
  rows: StoredTag[];
  /** `OtherTags` as JSON. */
  others: string;
}

/** Reads, tags and writes one page over a connection that nobody else uses meanwhile. Tagging a page twice changes nothing. */
export async function retagPage(
  client: pg.ClientBase,
  tagger: Tagger,
  page: RetagPage,
): Promise<RetaggedPage> {
  const stored = await readSignals(client, page, tagger.reads !== 'VECTORS');
  const usable = stored.filter(({ vectors }) => vectors.length > 0);
  const tagged: TaggedPrediction[] = [];
  for (const { predictionId, titleId, vectors, lines } of usable) {
    const moments = tagger.reads === 'MOMENTS' ? await readMoments(client, vectors) : null;
    const embeddings = vectors.map((entry) => embeddingOf(entry, lines, moments));
    const tags = moments ? (await tagger.tag(embeddings)).tags : await decide(tagger, embeddings);
    const { rows, others } = splitTags(tags);
    tagged.push({ predictionId, titleId, rows, others: JSON.stringify(others) });
  }
  const written = await writePage(client, page, tagged);
  return { tagged: written ?? 0, skipped: stored.length - usable.length, isWanted: written !== null };
}

async function readSignals(
  client: pg.ClientBase,
  page: RetagPage,
  withLines: boolean,
): Promise<StoredSignals[]> {
  const { rows } = await client.query<StoredSignals>({
    name: 'retag-read',
    text: READ_SIGNALS,
    values: [page.predictionIds, page.encoders, withLines],
  });
  return rows;
}

/** Lists come as JSON, which is parsed ten times as fast as an array. */
const READ_SIGNALS = `
  SELECT p."id" AS "predictionId", r."titleId",
    coalesce((SELECT json_agg(json_build_object('id', s."id", 'signal', s."signal", 'model', s."model",
        'vector', encode(s."vector", 'base64'), 'measures', s."measures", 'missingReason', s."missingReason"))
      FROM "SignalVector" s WHERE s."trailerId" = p."trailerId" AND s."model" = ANY($2::text[])), '[]') AS "vectors",
    coalesce((SELECT json_agg(n."text") FROM (
      SELECT n."text" FROM "Line" n
      WHERE $3 AND n."trailerId" = p."trailerId" AND n."kind" = 'SPEECH' ORDER BY n."index") n), '[]') AS "lines"
  FROM "Prediction" p JOIN "Trailer" r ON r."id" = p."trailerId" WHERE p."id" = ANY($1::text[])`;

async function readMoments(
  client: pg.ClientBase,
  vectors: readonly StoredVector[],
): Promise<Map<string, Moment[]>> {
  const { rows } = await client.query<{ signalVectorId: string; moments: (Moment & { vector: string })[] }>(
    `SELECT "signalVectorId", json_agg(json_build_object('startSeconds', "startSeconds", 'endSeconds', "endSeconds",
       'vector', encode("vector", 'base64'), 'line', "line", 'shotIndex', "shotIndex") ORDER BY "index") AS "moments"
     FROM "MomentVector" WHERE "signalVectorId" = ANY($1::text[]) GROUP BY 1`,
    [vectors.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ signalVectorId, moments }) => [
      signalVectorId,
      moments.map((moment) => ({ ...moment, vector: floatsOf(moment.vector) })),
    ]),
  );
}

/**
 * A stored signal as the taggers read it. Without the vectors of its moments the whole stands for them, for it is
 * their mean; lines are there for their words alone.
 */
function embeddingOf(
  { id, signal, model, vector: bytes, measures, missingReason }: StoredVector,
  lines: readonly string[],
  moments: Map<string, Moment[]> | null,
): SignalEmbedding {
  const vector = bytes === null ? null : floatsOf(bytes);
  const embedding = { signal, model, vector, measures, missingReason };
  if (moments) return { ...embedding, moments: moments.get(id) ?? [] };
  if (vector === null) return { ...embedding, moments: [] };
  if (signal !== 'TEXT') return { ...embedding, moments: [momentOf(vector, null)] };
  const spoken = lines.filter((line) => line.trim() !== '');
  return { ...embedding, moments: spoken.map((line) => momentOf(NO_VECTOR, line)) };
}

/** What speaks for a tag is known only from the moments. */
async function decide(tagger: Tagger, embeddings: SignalEmbedding[]): Promise<StoredTag[]> {
  const tags = await tagger.decide(embeddings);
  return tags.map((tag) => ({ ...tag, shares: null, evidence: null }));
}

function momentOf(vector: Float32Array, line: string | null): Moment {
  return { startSeconds: 0, endSeconds: 1, vector, line, shotIndex: null };
}

/** @returns how many predictions have their new tags; null when the run is not wanted any more */
async function writePage(
  client: pg.ClientBase,
  { run, classifierId }: RetagPage,
  tagged: readonly TaggedPrediction[],
): Promise<number | null> {
  await client.query('BEGIN');
  try {
    // What a crash of the database takes back is done again: it names another version still.
    await client.query('SET LOCAL synchronous_commit = off');
    const { rowCount } = await client.query(
      `SELECT FROM "LearningRun" WHERE "id" = $1 AND "attempt" = $2 AND "state" = 'RUNNING' AND NOT "cancelRequested"`,
      [run.id, run.attempt],
    );
    const written = rowCount === 1 ? await writeTags(client, classifierId, tagged) : null;
    await client.query('COMMIT');
    return written;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** @returns how many there still were: a title that was deleted meanwhile took its predictions with it */
async function writeTags(
  client: pg.ClientBase,
  classifierId: string,
  tagged: readonly TaggedPrediction[],
): Promise<number> {
  const run = (name: keyof typeof WRITE, values: unknown[]) =>
    client.query<{ id: string }>({ name: `retag-${name}`, text: WRITE[name], values });
  const held = await run('hold', [tagged.map(({ titleId }) => titleId)]);
  const titles = new Set(held.rows.map(({ id }) => id));
  const left = tagged.filter(({ titleId }) => titles.has(titleId));
  const ids = left.map(({ predictionId }) => predictionId);
  await run('clear', [ids]);
  const rows = left.flatMap(({ predictionId, rows: tags }) => tags.map((tag) => ({ predictionId, tag })));
  // Before the predictions: each tag looks its own up, and finds one version of it instead of two.
  await run('tags', decisionColumns(rows));
  await run('predictions', [ids, left.map(({ others }) => others), classifierId]);
  await run('profiles', [[...titles].sort()]);
  return ids.length;
}

/**
 * The statements of a page, by the names under which the connection keeps them prepared: planned anew each time, with
 * 500 ids whose frequency is looked up one by one, they cost twice as much.
 */
const WRITE = {
  /** Nobody can delete these titles until the page is written. */
  hold: `SELECT "id" FROM "Title" WHERE "id" = ANY($1::text[]) ORDER BY "id" FOR KEY SHARE`,
  predictions: `
    UPDATE "Prediction" p SET "classifierId" = $3, "others" = u."others", "taggedAt" = now()
    FROM unnest($1::text[], $2::jsonb[]) AS u("id", "others") WHERE p."id" = u."id"`,
  clear: `DELETE FROM "Tag" WHERE "predictionId" = ANY($1::text[])`,
  tags: INSERT_DECISIONS,
  /**
   * What discovery knows of the titles is out of date. It is told so once at the end, not with each page as its own
   * triggers would: making profiles takes the same cores.
   */
  profiles: `
    INSERT INTO "OutdatedProfile" ("titleId") SELECT * FROM unnest($1::text[])
    ON CONFLICT ("titleId") DO UPDATE SET "changes" = "OutdatedProfile"."changes" + 1`,
};

const NO_VECTOR = new Float32Array();
const floatsOf = (base64: string) => vectorFromBytes(Buffer.from(base64, 'base64'));
