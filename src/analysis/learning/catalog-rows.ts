import type pg from 'pg';
import { vectorFromBytes } from '../../catalog/vector-bytes.js';
import type { Signal } from '../../signals/signal.js';
import type { TrainingRow } from '../../tagging/training-row.js';

/** Titles that one statement reads. */
const BATCH = 500;

interface LabelledTitle {
  id: string;
  name: string;
  synopsis: string | null;
  genres: string[];
  lines: string[];
  vectors: { signal: Signal; vector: string }[] | null;
  verdicts: { label: string; verdict: 'ACCEPT' | 'REJECT' | 'PRIMARY' }[] | null;
}

/**
 * What the catalog itself knows: each title that an editor reviewed or that came with genres, with the words and
 * vectors of its newest trailer, else the words of its synopsis.
 * @param models whose vectors count, by signal
 */
export async function readCatalogRows(
  client: pg.ClientBase,
  models: Partial<Record<Signal, string>>,
): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for (let behind = ''; ; ) {
    const { rows: titles } = await client.query<LabelledTitle>(READ, [behind, BATCH, Object.values(models)]);
    rows.push(...titles.map(rowOf));
    if (titles.length < BATCH) return rows;
    behind = titles.at(-1)!.id;
  }
}

/**
 * A verdict is about its label alone; genres that came with an import tell which genres a title has and, by leaving
 * them out, which it has not. Editors overrule them.
 */
function rowOf({ id, name, synopsis, genres, lines, vectors, verdicts }: LabelledTitle): TrainingRow {
  const soft: TrainingRow['soft'] = {};
  for (const { label, verdict } of verdicts ?? []) {
    const [group = '', slug = ''] = label.split('/');
    soft[group] = { ...soft[group], [slug]: verdict === 'REJECT' ? 0 : 1 };
  }
  const spoken = lines.filter((line) => line.trim() !== '');
  return {
    ...{ id, title: name, media: null, soft },
    lines: spoken.length > 0 ? spoken : (synopsis?.split(/\r?\n/).filter((line) => line.trim() !== '') ?? []),
    register: spoken.length > 0 ? 'SPEECH' : 'SYNOPSIS',
    labels: genres.length > 0 ? { genre: genres } : {},
    vectors: Object.fromEntries(
      (vectors ?? []).map(({ signal, vector }) => [signal, vectorFromBytes(Buffer.from(vector, 'base64'))]),
    ),
  };
}

const READ = `
  SELECT t."id", t."name", t."synopsis", coalesce(t."genres", '{}') AS "genres",
    ARRAY(SELECT n."text" FROM "Line" n
      WHERE n."trailerId" = p."trailerId" AND n."kind" = 'SPEECH' ORDER BY n."index") AS "lines",
    (SELECT json_agg(json_build_object('signal', s."signal", 'vector', encode(s."vector", 'base64')))
      FROM "SignalVector" s
      WHERE s."trailerId" = p."trailerId" AND s."vector" IS NOT NULL AND s."model" = ANY($3::text[])) AS "vectors",
    (SELECT json_agg(json_build_object('label', v."labelId", 'verdict', v."verdict") ORDER BY v."createdAt", v."id")
      FROM "Review" v WHERE v."predictionId" = p."id" AND v."undoneAt" IS NULL) AS "verdicts"
  FROM "Title" t
  LEFT JOIN LATERAL (
    SELECT p."id", p."trailerId" FROM "Prediction" p JOIN "Trailer" r ON r."id" = p."trailerId"
    WHERE r."titleId" = t."id" ORDER BY p."createdAt" DESC, p."id" DESC LIMIT 1
  ) p ON TRUE
  WHERE t."id" > $1 AND (cardinality(t."genres") > 0 OR EXISTS (
    SELECT FROM "Review" v WHERE v."predictionId" = p."id" AND v."undoneAt" IS NULL))
  ORDER BY t."id" LIMIT $2`;
