import DataLoader from 'dataloader';
import {
  type AnalysisStage,
  type Classifier,
  type ExternalId,
  type Label,
  type LearningEvent,
  type LearningKind,
  type LearningRun,
  type Line,
  Prisma,
  type PrismaClient,
  type Review,
  type Shot,
  type Tag,
  type Title,
  type Trailer,
  type Upload,
} from '../generated/prisma/client.js';
import { type ChildPages, childCounts, childPages } from './children.js';
import { groupBy } from './group.js';
import { marginOf, type OtherTags, tagsOfOthers } from './tag-rows.js';

/** An analysis without the subtitles that came with it, which are long and which no field shows. */
export type AnalysisRow = Prisma.AnalysisGetPayload<{ omit: { subtitles: true } }>;
/** A prediction without its fused vector and without its tags. */
export type PredictionRow = Prisma.PredictionGetPayload<{ omit: { fused: true; others: true } }>;
export type TagRow = Tag & { label: Label };

const PARTS = { fused: true, others: true } as const;

/** Reads rows in batches, so that a list of parents costs one statement and not one for each parent. */
export interface Loaders {
  title: DataLoader<string, Title | null>;
  trailer: DataLoader<string, Trailer | null>;
  analysis: DataLoader<string, AnalysisRow | null>;
  prediction: DataLoader<string, PredictionRow | null>;
  classifier: DataLoader<string, Classifier | null>;
  review: DataLoader<string, Review | null>;
  label: DataLoader<string, Label | null>;
  training: DataLoader<string, LearningRun | null>;
  retagging: DataLoader<string, LearningRun | null>;
  /** The newest event, by training or re-tagging. */
  runEvent: DataLoader<string, LearningEvent | null>;
  /** The newest re-tagging, by classifier. */
  retaggingOfClassifier: DataLoader<string, LearningRun | null>;
  /** What it came from, by classifier; null for one that was not trained here. */
  trainingOfClassifier: DataLoader<string, LearningRun | null>;
  upload: DataLoader<string, Upload | null>;
  externalIds: DataLoader<string, ExternalId[]>;
  shots: DataLoader<string, Shot[]>;
  lines: DataLoader<string, Line[]>;
  stages: DataLoader<string, AnalysisStage[]>;
  /** By prediction, likeliest first. */
  tags: DataLoader<string, TagRow[]>;
  /** The verdicts that stand, by prediction. */
  reviews: DataLoader<string, Review[]>;
  /** Share done, by analysis. */
  progress: DataLoader<string, number>;
  predictionOfAnalysis: DataLoader<string, PredictionRow | null>;
  /** The newest one. */
  predictionOfTrailer: DataLoader<string, PredictionRow | null>;
  /** The newest one of all its trailers. */
  predictionOfTitle: DataLoader<string, PredictionRow | null>;
  trailersOfTitle: ChildPages<Trailer>;
  trailerCount: DataLoader<string, number>;
  analysesOfTrailer: ChildPages<AnalysisRow>;
  analysisCount: DataLoader<string, number>;
}

/** Loaders remember what they read: make new ones for each request, and after each change. */
export function createLoaders(prisma: PrismaClient): Loaders {
  const title = byId((ids) => prisma.title.findMany({ where: { id: { in: ids } } }));
  const trailer = byId((ids) => prisma.trailer.findMany({ where: { id: { in: ids } } }));
  const analysis = byId((ids) =>
    prisma.analysis.findMany({ where: { id: { in: ids } }, omit: { subtitles: true } }),
  );
  const prediction = byId((ids) => prisma.prediction.findMany({ where: { id: { in: ids } }, omit: PARTS }));
  const run = byId((ids) => prisma.learningRun.findMany({ where: { id: { in: ids } } }));
  const label = byId((ids) => prisma.label.findMany({ where: { id: { in: ids } } }));
  return {
    title,
    trailer,
    analysis,
    prediction,
    classifier: byId((ids) => prisma.classifier.findMany({ where: { id: { in: ids } } })),
    review: byId((ids) => prisma.review.findMany({ where: { id: { in: ids } } })),
    label,
    training: run,
    retagging: run,
    runEvent: byKey(
      (ids) => newestRunEvents(prisma, ids),
      (event) => event.runId,
    ),
    retaggingOfClassifier: newestRun(prisma, 'RETAGGING'),
    trainingOfClassifier: newestRun(prisma, 'TRAINING'),
    upload: byId((ids) => prisma.upload.findMany({ where: { id: { in: ids } } })),
    externalIds: grouped(
      (ids) =>
        prisma.externalId.findMany({
          where: { titleId: { in: ids } },
          orderBy: [{ source: 'asc' }, { value: 'asc' }],
        }),
      (row) => row.titleId,
    ),
    shots: grouped(
      (ids) => prisma.shot.findMany({ where: { trailerId: { in: ids } }, orderBy: { index: 'asc' } }),
      (row) => row.trailerId,
    ),
    lines: grouped(
      (ids) => prisma.line.findMany({ where: { trailerId: { in: ids } }, orderBy: { index: 'asc' } }),
      (row) => row.trailerId,
    ),
    stages: grouped(
      (ids) =>
        prisma.analysisStage.findMany({ where: { analysisId: { in: ids } }, orderBy: { stage: 'asc' } }),
      (row) => row.analysisId,
    ),
    tags: grouped(
      (ids) => labelledTags(prisma, ids, label),
      (row) => row.predictionId,
    ),
    reviews: grouped(
      (ids) => prisma.review.findMany({ where: { predictionId: { in: ids }, undoneAt: null } }),
      (row) => row.predictionId,
    ),
    progress: progressLoader(prisma),
    predictionOfAnalysis: byKey(
      (ids) => prisma.prediction.findMany({ where: { analysisId: { in: ids } }, omit: PARTS }),
      (row) => row.analysisId,
    ),
    predictionOfTrailer: through(prediction, (ids) => newestOfTrailers(prisma, ids)),
    predictionOfTitle: through(prediction, (ids) => newestOfTitles(prisma, ids)),
    trailersOfTitle: childPages(prisma, { table: 'Trailer', parent: 'titleId' }, trailer),
    trailerCount: childCounts(prisma, { table: 'Trailer', parent: 'titleId' }),
    analysesOfTrailer: childPages(prisma, { table: 'Analysis', parent: 'trailerId' }, analysis),
    analysisCount: childCounts(prisma, { table: 'Analysis', parent: 'trailerId' }),
  };
}

function byId<Row extends { id: string }>(find: (ids: string[]) => Promise<Row[]>) {
  return byKey(find, (row) => row.id);
}

function byKey<Row>(
  find: (keys: string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): DataLoader<string, Row | null> {
  return new DataLoader(async (keys) => {
    const rows = new Map((await find([...keys])).map((row) => [keyOf(row), row]));
    return keys.map((key) => rows.get(key) ?? null);
  });
}

function grouped<Row>(
  find: (keys: string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): DataLoader<string, Row[]> {
  return new DataLoader(async (keys) => {
    const groups = groupBy(await find([...keys]), keyOf);
    return keys.map((key) => groups.get(key) ?? []);
  });
}

/** First the ids that belong to the keys, then their rows. */
function through<Row>(
  rows: DataLoader<string, Row | null>,
  idsOf: (keys: string[]) => Promise<{ key: string; id: string }[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (keys) => {
    const ids = new Map((await idsOf([...keys])).map(({ key, id }) => [key, id]));
    return Promise.all(
      keys.map((key) => {
        const id = ids.get(key);
        return id === undefined ? null : rows.load(id);
      }),
    );
  });
}

/** Prisma's own join would name each tag's label in the statement: 2,500 parameters for a page of 50. */
async function labelledTags(
  prisma: PrismaClient,
  predictionIds: string[],
  labels: DataLoader<string, Label | null>,
): Promise<TagRow[]> {
  const [tags, predictions] = await Promise.all([
    prisma.tag.findMany({ where: { predictionId: { in: predictionIds } } }),
    prisma.prediction.findMany({
      where: { id: { in: predictionIds } },
      select: { id: true, others: true },
    }),
  ]);
  const others = predictions.flatMap(({ id, others }) => otherTags(id, others as OtherTags));
  const all = [...tags, ...others].sort(
    (a, b) => b.probability - a.probability || (a.labelId < b.labelId ? -1 : 1),
  );
  const rows = await Promise.all(all.map(async (tag) => ({ ...tag, label: await labels.load(tag.labelId) })));
  return rows.filter((row): row is TagRow => row.label !== null);
}

function otherTags(predictionId: string, others: OtherTags): Tag[] {
  return tagsOfOthers(others).map(({ label: labelId, evidence: _none, ...tag }) => ({
    ...{ predictionId, labelId, evidence: [] },
    ...tag,
    margin: marginOf(tag.probability, tag.threshold),
  }));
}

function newestRunEvents(prisma: PrismaClient, ids: string[]): Promise<LearningEvent[]> {
  return prisma.$queryRaw`
    SELECT e.* FROM "LearningRun" r
    JOIN "LearningEvent" e ON e."runId" = r."id" AND e."number" = r."lastEvent"
    WHERE r."id" = ANY(${ids}::text[])`;
}

function newestRun(prisma: PrismaClient, kind: LearningKind): DataLoader<string, LearningRun | null> {
  return byKey(
    (classifierIds) =>
      prisma.learningRun.findMany({
        where: { kind, classifierId: { in: classifierIds } },
        orderBy: { createdAt: 'asc' },
      }),
    (run) => run.classifierId ?? '',
  );
}

function newestOfTrailers(prisma: PrismaClient, ids: string[]): Promise<{ key: string; id: string }[]> {
  return prisma.$queryRaw`
    SELECT DISTINCT ON (p."trailerId") p."trailerId" AS "key", p."id"
    FROM "Prediction" p
    WHERE p."trailerId" = ANY(${ids}::text[])
    ORDER BY p."trailerId", p."createdAt" DESC, p."id" DESC`;
}

function newestOfTitles(prisma: PrismaClient, ids: string[]): Promise<{ key: string; id: string }[]> {
  return prisma.$queryRaw`
    SELECT DISTINCT ON (r."titleId") r."titleId" AS "key", p."id"
    FROM "Prediction" p
    JOIN "Trailer" r ON r."id" = p."trailerId"
    WHERE r."titleId" = ANY(${ids}::text[])
    ORDER BY r."titleId", p."createdAt" DESC, p."id" DESC`;
}

function progressLoader(prisma: PrismaClient): DataLoader<string, number> {
  return new DataLoader(async (ids) => {
    const rows = await prisma.$queryRaw<{ id: string; progress: number }[]>`
      SELECT a."id", e."progress"
      FROM "Analysis" a
      JOIN "AnalysisEvent" e ON e."analysisId" = a."id" AND e."number" = a."lastEvent"
      WHERE a."id" = ANY(${[...ids]}::text[])`;
    const progress = new Map(rows.map((row) => [row.id, row.progress]));
    return ids.map((id) => progress.get(id) ?? 0);
  });
}
