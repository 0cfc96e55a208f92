import { newId } from '../catalog/id.js';
import { vectorBytes } from '../catalog/vector-bytes.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Shot } from '../media/decoded.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Transcript } from './transcript.js';

type Transaction = Prisma.TransactionClient;

/** For a missing vector: Prisma sends an array of bytes with a null among them as text in base64. */
const NO_NUMBERS = new Float32Array();

/** What was found of a trailer, written anew in one statement a table: by row it took half of `PUBLISH`. */
export async function writeShots(tx: Transaction, trailerId: string, shots: readonly Shot[]): Promise<void> {
  const column = columnsOf(shots);
  await tx.$executeRaw`DELETE FROM "Shot" WHERE "trailerId" = ${trailerId}`;
  await tx.$executeRaw`
    INSERT INTO "Shot" ("trailerId", "index", "startSeconds", "endSeconds", "kind", "thumbnail")
    SELECT ${trailerId}::text, * FROM unnest(${column('index')}::int[], ${column('startSeconds')}::float8[],
      ${column('endSeconds')}::float8[], ${column('kind')}::"ShotKind"[], ${column('thumbnail')}::text[])`;
}

/** See `writeShots`. */
export async function writeLines(
  tx: Transaction,
  trailerId: string,
  { lines, origin }: Transcript,
): Promise<void> {
  await tx.$executeRaw`DELETE FROM "Line" WHERE "trailerId" = ${trailerId}`;
  if (origin === null) return;
  const column = columnsOf(lines);
  // Only what was recognised has a confidence.
  const origins = lines.map(({ confidence }) => (confidence === null ? origin : 'RECOGNISER'));
  await tx.$executeRaw`
    INSERT INTO "Line" ("trailerId", "index", "startSeconds", "endSeconds", "text", "kind", "speaker", "origin", "confidence")
    SELECT ${trailerId}::text, * FROM unnest(${lines.map((_, index) => index)}::int[],
      ${column('startSeconds')}::float8[], ${column('endSeconds')}::float8[], ${column('text')}::text[],
      ${column('kind')}::"LineKind"[], ${column('speaker')}::text[], ${origins}::"LineOrigin"[],
      ${column('confidence')}::float8[])`;
}

/** Vectors of other models stay. See `writeShots`. */
export async function writeVectors(
  tx: Transaction,
  trailerId: string,
  embeddings: readonly SignalEmbedding[],
): Promise<void> {
  const column = columnsOf(embeddings);
  const [signals, models] = [column('signal'), column('model')];
  await tx.$executeRaw`
    DELETE FROM "SignalVector" WHERE "trailerId" = ${trailerId}
      AND ("signal", "model") IN (SELECT * FROM unnest(${signals}::"Signal"[], ${models}::text[]))`;
  const ids = embeddings.map(() => newId('vectors'));
  await tx.$executeRaw`
    INSERT INTO "SignalVector" ("trailerId", "id", "signal", "model", "vector", "measures", "missingReason")
    SELECT ${trailerId}::text, "id", "signal", "model", nullif("vector", ''), "measures", "missingReason"
    FROM unnest(${ids}::text[], ${signals}::"Signal"[], ${models}::text[],
      ${embeddings.map(({ vector }) => vectorBytes(vector ?? NO_NUMBERS))}::bytea[],
      ${embeddings.map(({ measures }) => JSON.stringify(measures))}::jsonb[], ${column('missingReason')}::text[])
      AS u("id", "signal", "model", "vector", "measures", "missingReason")`;
  const moments = embeddings.flatMap(({ moments: own }, i) =>
    own.map((moment, index) => ({ ...moment, index, of: ids[i]!, vector: vectorBytes(moment.vector) })),
  );
  const each = columnsOf(moments);
  await tx.$executeRaw`
    INSERT INTO "MomentVector" ("signalVectorId", "index", "startSeconds", "endSeconds", "vector", "line", "shotIndex")
    SELECT * FROM unnest(${each('of')}::text[], ${each('index')}::int[], ${each('startSeconds')}::float8[],
      ${each('endSeconds')}::float8[], ${each('vector')}::bytea[], ${each('line')}::text[], ${each('shotIndex')}::int[])`;
}

/** One array for each column of the rows, as `unnest` takes them. */
function columnsOf<T>(rows: readonly T[]): <K extends keyof T>(name: K) => T[K][] {
  return (name) => rows.map((row) => row[name]);
}
