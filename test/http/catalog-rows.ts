import { newId } from '../../src/catalog/id.js';
import { INSERT_TAGS, type StoredTag, splitTags, tagColumns } from '../../src/catalog/tag-rows.js';
import type { PrismaClient } from '../../src/generated/prisma/client.js';
import type { LabelGroupKind } from '../../src/generated/prisma/enums.js';
import type { App } from '../../src/http/server.js';

/** Six labels a group: enough for every rule, and quick to write. */
const KINDS: LabelGroupKind[] = ['GENRE', 'MOOD', 'THEME'];
const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'];

export const TAXONOMY: App['taxonomy'] = {
  groups: KINDS.map((kind) => ({
    kind,
    name: kind.toLowerCase(),
    labels: NAMES.map((name) => ({
      id: `${kind.toLowerCase()}/${name}`,
      name,
      definition: `The ${name} of ${kind}.`,
      descriptions: [],
      words: [],
    })),
  })),
};

export async function writeLabels(prisma: PrismaClient): Promise<void> {
  await prisma.label.createMany({
    data: TAXONOMY.groups.flatMap(({ kind, labels }) =>
      labels.map(({ id, name, definition }) => ({ id, name, definition, group: kind })),
    ),
  });
  await prisma.classifier.create({
    data: {
      id: newId('classifier'),
      pack: 'compact',
      fingerprint: 'head@1',
      active: true,
      figures: { microF1: 0.5 },
    },
  });
}

/** Titles with `trailers` trailers each; each trailer with shots, lines, an analysis and a full prediction. */
export async function writeAnalysedTitles(
  prisma: PrismaClient,
  count: number,
  { trailers = 1 }: { trailers?: number } = {},
): Promise<{ titleIds: string[]; trailerIds: string[]; predictionIds: string[] }> {
  const classifier = await prisma.classifier.findFirstOrThrow();
  const titleIds: string[] = [];
  const trailerIds: string[] = [];
  const predictionIds: string[] = [];
  for (let i = 0; i < count; i++) {
    const titleId = newId('title');
    titleIds.push(titleId);
    await prisma.title.create({
      data: { id: titleId, name: `Title ${String(i).padStart(3, '0')}`, releaseYear: 1990 + (i % 30) },
    });
    for (let j = 0; j < trailers; j++) {
      const trailerId = newId('trailer');
      trailerIds.push(trailerId);
      predictionIds.push(
        await writeAnalysedTrailer(prisma, { titleId, trailerId, classifierId: classifier.id, number: j }),
      );
    }
  }
  return { titleIds, trailerIds, predictionIds };
}

const SPAN = { startSeconds: 0, endSeconds: 2 };

/** The first six labels are accepted, each with two moments. */
function tagOf(label: string, place: number): StoredTag {
  const moment = { ...SPAN, signal: 'TEXT', line: 'Run!' };
  return {
    ...{ label, threshold: 0.5, probability: 0.9 - place * 0.04 },
    state: place < 6 ? 'ACCEPTED' : 'BELOW_THRESHOLD',
    weight: place === 0 ? 'PRIMARY' : null,
    shares: { TEXT: 0.75, PICTURE: 0.25 },
    evidence: [0, 1].map((shotIndex) => ({ ...moment, contribution: 2 - shotIndex, shotIndex })),
  };
}

interface AnalysedTrailer {
  titleId: string;
  trailerId: string;
  classifierId: string;
  number: number;
}

async function writeAnalysedTrailer(
  prisma: PrismaClient,
  { titleId, trailerId, classifierId, number }: AnalysedTrailer,
): Promise<string> {
  const analysisId = newId('analysis');
  const predictionId = newId('prediction');
  const labels = TAXONOMY.groups.flatMap((group) => group.labels.map((label) => label.id));
  const { rows, others } = splitTags(labels.map(tagOf));
  await prisma.$transaction([
    prisma.trailer.create({
      data: {
        id: trailerId,
        titleId,
        sourceKind: 'PATH',
        sourceLocator: `/films/${number}.mp4`,
        contentHash: 'a'.repeat(64),
        durationSeconds: 4,
      },
    }),
    prisma.shot.createMany({
      data: [0, 1].map((index) => ({
        trailerId,
        index,
        startSeconds: index * 2,
        endSeconds: index * 2 + 2,
        kind: 'CONTENT' as const,
        thumbnail: index === 0 ? '0.jpg' : null,
      })),
    }),
    prisma.line.create({
      data: { trailerId, index: 0, ...SPAN, text: 'Run!', kind: 'SPEECH', origin: 'SIDECAR' },
    }),
    prisma.analysis.create({
      data: {
        id: analysisId,
        trailerId,
        pack: 'compact',
        state: 'SUCCEEDED',
        stage: 'PUBLISH',
        lastEvent: 1,
      },
    }),
    prisma.analysisEvent.create({
      data: { analysisId, number: 1, kind: 'STATE', state: 'SUCCEEDED', stage: 'PUBLISH', progress: 1 },
    }),
    prisma.analysisStage.create({
      data: { analysisId, stage: 'FETCH', attempt: 1, startedAt: new Date(0), finishedAt: new Date(1500) },
    }),
    prisma.prediction.create({
      data: {
        id: predictionId,
        trailerId,
        analysisId,
        classifierId,
        quality: { overall: 0.8, speech: 0.7, light: 0.9, variety: 0.5, sound: 0.6, notes: ['Few words.'] },
        fused: Buffer.alloc(8),
        fusedModel: 'fused@1',
        others,
      },
    }),
    prisma.$executeRawUnsafe(INSERT_TAGS, ...tagColumns(rows.map((tag) => ({ predictionId, tag })))),
  ]);
  return predictionId;
}
