import { Prisma, type TagState } from '../generated/prisma/client.js';

/** Which titles are meant; every condition that is given must hold. */
export interface TitleFilter {
  name?: { contains?: string | null; startsWith?: string | null } | null;
  releaseYear?: { min?: number | null; max?: number | null } | null;
  externalId?: { source: string; value?: string | null } | null;
  hasPrediction?: boolean | null;
  tags?: TagFilter[] | null;
}

/** A tag of the title's newest prediction. */
export interface TagFilter {
  label: string;
  minProbability?: number | null;
  states?: TagState[] | null;
}

/** The filter as a condition on the table `"Title" t`. */
export function filterCondition(filter: TitleFilter): Prisma.Sql {
  const conditions = [
    ...nameConditions(filter),
    ...yearConditions(filter),
    ...externalIdConditions(filter),
    ...predictionConditions(filter),
    ...(filter.tags ?? []).map(tagCondition),
  ];
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, ' AND ');
}

function nameConditions({ name }: TitleFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (name?.contains) conditions.push(Prisma.sql`t."name" ILIKE ${`%${escapeLike(name.contains)}%`}`);
  if (name?.startsWith) conditions.push(Prisma.sql`t."name" ILIKE ${`${escapeLike(name.startsWith)}%`}`);
  return conditions;
}

function yearConditions({ releaseYear }: TitleFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (releaseYear?.min != null) conditions.push(Prisma.sql`t."releaseYear" >= ${releaseYear.min}`);
  if (releaseYear?.max != null) conditions.push(Prisma.sql`t."releaseYear" <= ${releaseYear.max}`);
  return conditions;
}

function externalIdConditions({ externalId }: TitleFilter): Prisma.Sql[] {
  if (!externalId) return [];
  const value = externalId.value == null ? Prisma.empty : Prisma.sql`AND e."value" = ${externalId.value}`;
  return [
    Prisma.sql`EXISTS (
      SELECT FROM "ExternalId" e WHERE e."titleId" = t."id" AND e."source" = ${externalId.source} ${value}
    )`,
  ];
}

function predictionConditions({ hasPrediction }: TitleFilter): Prisma.Sql[] {
  if (hasPrediction == null) return [];
  const exists = Prisma.sql`EXISTS (
    SELECT FROM "Prediction" p JOIN "Trailer" r ON r."id" = p."trailerId" WHERE r."titleId" = t."id"
  )`;
  return [hasPrediction ? exists : Prisma.sql`NOT ${exists}`];
}

/** Begins at the tags, so that the index on label, state and probability can carry a selective filter. */
function tagCondition(tag: TagFilter): Prisma.Sql {
  return Prisma.sql`t."id" IN (
    SELECT r."titleId"
    FROM (${taggedPredictions(tag)}) g
    JOIN "Prediction" p ON p."id" = g."predictionId"
    JOIN "Trailer" r ON r."id" = p."trailerId"
    WHERE NOT EXISTS (
        SELECT FROM "Prediction" newer
        JOIN "Trailer" other ON other."id" = newer."trailerId"
        WHERE other."titleId" = r."titleId"
          AND (newer."createdAt", newer."id") > (p."createdAt", p."id")
      )
  )`;
}

/** Only labels that stand out have rows of their own; for the other states every prediction is looked through. */
function taggedPredictions({ label, states: given, minProbability }: TagFilter): Prisma.Sql {
  const states = given?.length ? given : (['ACCEPTED'] satisfies TagState[]);
  const least = minProbability ?? 0;
  const rows = Prisma.sql`
    SELECT "predictionId" FROM "Tag"
    WHERE "labelId" = ${label} AND "state" = ANY(${states}::"TagState"[]) AND "probability" >= ${least}`;
  const abstained = [
    ...(states.includes('ABSTAINED') ? [true] : []),
    ...(states.includes('BELOW_THRESHOLD') ? [false] : []),
  ];
  if (abstained.length === 0) return rows;
  return Prisma.sql`${rows} UNION ALL
    SELECT "id" FROM "Prediction"
    WHERE ("others" -> ${label} ->> 0)::float8 >= ${least}
      AND ("others" -> ${label} ->> 2)::boolean = ANY(${abstained}::boolean[])`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
