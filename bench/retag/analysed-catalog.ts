import type pg from 'pg';
import { splitTags, tagColumns } from '../../src/catalog/tag-rows.js';
import { readManifest } from '../../src/inference/packs.js';
import type { Signal, SignalEmbedding } from '../../src/signals/signal.js';
import { embedText } from '../../src/signals/text.js';
import { TextModel } from '../../src/signals/text-model.js';
import { cinematicLayout, loadTagger } from '../../src/tagging/compact-tagger.js';
import { randomStream } from '../../src/tagging/random.js';
import type { Tagging } from '../../src/tagging/tag.js';

/** Lines of a transcript, and words of a line: about the 200 words that a trailer has. */
const LINES = 25;
const WORDS = 8;
/** Every text has words of one of so many subjects, so that labels differ. */
const SUBJECTS = 60;
const SUBJECT_SHARE = 0.4;
const SUBJECT_WORDS = 40;

/** What a trailer was found to say, by the pack's own models. */
export interface AnalysedText {
  lines: string[];
  embeddings: SignalEmbedding[];
  tagging: Tagging;
}

/** Texts with their embeddings and tags, and random pictures and sounds; the same for the same seed. */
export async function analyseTexts(
  packFolder: string,
  words: readonly string[],
  count: number,
  seed: number,
): Promise<AnalysedText[]> {
  const model = await TextModel.load(packFolder);
  const tagger = await loadTagger(packFolder);
  const { models } = await readManifest(packFolder);
  const random = randomStream(seed);
  const zipf = (n: number) => Math.min(n - 1, Math.floor((n + 1) ** random() - 1));
  const layout = cinematicLayout();
  const texts: AnalysedText[] = [];
  for (let i = 0; i < count; i++) {
    const subject = zipf(SUBJECTS);
    const word = () =>
      random() < SUBJECT_SHARE
        ? words[500 + subject * SUBJECT_WORDS + zipf(SUBJECT_WORDS)]!
        : words[zipf(words.length)]!;
    const lines = Array.from({ length: LINES }, () => Array.from({ length: WORDS }, word).join(' '));
    const timed = lines.map((text, k) => ({
      ...{ text, kind: 'SPEECH' as const, startSeconds: 3 * k, endSeconds: 3 * k + 2 },
      ...{ speaker: null, confidence: null },
    }));
    const noise = (signal: 'PICTURE' | 'SOUND'): SignalEmbedding => ({
      ...{ signal, model: models[signal], moments: [], measures: {}, missingReason: null },
      vector: Float32Array.from({ length: layout[signal] }, () => 2 * random() - 1),
    });
    const embeddings = [await embedText(model, timed), noise('PICTURE'), noise('SOUND')];
    texts.push({ lines, embeddings, tagging: await tagger.tag(embeddings) });
  }
  await model.close();
  return texts;
}

/**
 * Titles with one analysed trailer each, whose texts repeat: what is measured depends on how much there is, not on its
 * being different. Moments are left out, for a re-tagging does not read them.
 */
export async function writeAnalysedCatalog(
  client: pg.ClientBase,
  texts: readonly AnalysedText[],
  titles: number,
  classifierId: string,
): Promise<void> {
  await client.query(`CREATE TEMP TABLE numbers AS
    SELECT n, lpad(to_hex(n), 32, '0') AS hex, (n % ${texts.length})::int AS text FROM generate_series(1, ${titles}) n`);
  await client.query(
    'CREATE TEMP TABLE texts (text int, lines text[], quality jsonb, fused bytea, others jsonb)',
  );
  await client.query(
    'CREATE TEMP TABLE vectors (text int, signal text, model text, vector bytea, measures jsonb)',
  );
  await client.query('CREATE TEMP TABLE tags AS SELECT 0 AS text, * FROM "Tag" LIMIT 0');
  for (const [text, { lines, embeddings, tagging }] of texts.entries()) {
    const { rows, others } = splitTags(tagging.tags);
    const fused = bytesOf(tagging.fused.vector);
    await client.query('INSERT INTO texts VALUES ($1, $2, $3, $4, $5)', [
      text,
      lines,
      JSON.stringify(tagging.quality),
      fused,
      JSON.stringify(others),
    ]);
    for (const { signal, model, vector, measures } of embeddings) {
      const values = [
        text,
        signal satisfies Signal,
        model,
        vector && bytesOf(vector),
        JSON.stringify(measures),
      ];
      await client.query('INSERT INTO vectors VALUES ($1, $2, $3, $4, $5)', values);
    }
    await client.query(
      `INSERT INTO tags SELECT ${text}, * FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[],
         $5::"TagState"[], $6::"TagWeight"[], $8::jsonb[], $9::jsonb[], $7::float8[])`,
      tagColumns(rows.map((tag) => ({ predictionId: '', tag }))),
    );
  }
  for (const statement of statements(classifierId)) await client.query(statement);
}

function statements(classifierId: string): string[] {
  return [
    `INSERT INTO "Title" ("id", "name", "genres", "updatedAt")
     SELECT 'title_' || hex, 'Title ' || n, '{}', now() FROM numbers`,
    `INSERT INTO "Trailer" ("id", "titleId", "sourceKind", "sourceLocator")
     SELECT 'trailer_' || hex, 'title_' || hex, 'PATH', '/films/' || n || '.mp4' FROM numbers`,
    `INSERT INTO "Analysis" ("id", "trailerId", "pack", "state")
     SELECT 'analysis_' || hex, 'trailer_' || hex, 'compact', 'SUCCEEDED' FROM numbers`,
    `INSERT INTO "Line" ("trailerId", "index", "startSeconds", "endSeconds", "text", "kind", "origin")
     SELECT 'trailer_' || hex, l.place - 1, 3 * l.place, 3 * l.place + 2, l.line, 'SPEECH', 'SIDECAR'
     FROM numbers JOIN texts USING (text), unnest(lines) WITH ORDINALITY AS l(line, place)`,
    `INSERT INTO "SignalVector" ("id", "trailerId", "signal", "model", "vector", "measures")
     SELECT 'vectors_' || md5(hex || signal), 'trailer_' || hex, signal::"Signal", model, vector, measures
     FROM numbers JOIN vectors USING (text)`,
    `INSERT INTO "Prediction" ("id", "trailerId", "analysisId", "classifierId", "quality", "fused", "fusedModel", "others")
     SELECT 'prediction_' || hex, 'trailer_' || hex, 'analysis_' || hex, '${classifierId}', quality, fused, 'fused', others
     FROM numbers JOIN texts USING (text)`,
    `INSERT INTO "Tag" ("predictionId", "labelId", "probability", "threshold", "state", "weight", "margin", "shares", "evidence")
     SELECT 'prediction_' || hex, "labelId", "probability", "threshold", "state", "weight", "margin", "shares", "evidence"
     FROM numbers JOIN tags USING (text)`,
    // As discovery leaves them: up to date, with the words that they are found by.
    `UPDATE "TitleProfile" f SET "words" = to_tsvector('english', array_to_string(lines, ' '))
     FROM numbers JOIN texts USING (text) WHERE f."titleId" = 'title_' || hex`,
    'TRUNCATE "OutdatedProfile"',
    'ANALYZE',
  ];
}

function bytesOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}
