import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ThreadPool } from '../inference/threads.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Tag } from '../tagging/tag.js';
import type { ClassifierFiles } from './classifier-files.js';
import type { PackIdentity } from './stage-run.js';
import type { AnalysisTasks } from './tasks.js';

/** Why a tag is what it is. */
export type Explanation = Pick<Tag, 'evidence' | 'shares'>;

interface ExplanationsParts {
  prisma: PrismaClient;
  threads: ThreadPool<AnalysisTasks>;
  pack: PackIdentity;
  classifiers: Pick<ClassifierFiles, 'find'>;
}

/**
 * The evidence of predictions that were tagged anew, which is not stored: their classifier is asked once more, with
 * the moments of the trailer. A millisecond or two a prediction, in a worker thread.
 */
export class Explanations {
  constructor(private readonly parts: ExplanationsParts) {}

  /** By label; empty where this process cannot run the classifier that made the prediction. */
  async of(predictionId: string): Promise<Map<string, Explanation>> {
    const { prisma, threads, pack, classifiers } = this.parts;
    const prediction = await prisma.prediction.findUnique({
      where: { id: predictionId },
      select: { trailerId: true, classifierId: true },
    });
    const classifier = prediction && (await classifiers.find(prediction.classifierId));
    if (!classifier) return new Map();
    const embeddings = await readEmbeddings(prisma, prediction.trailerId, pack.encoders);
    const { tags } = await threads.run('tag', { embeddings, pack: pack.files, classifier });
    return new Map(tags.map(({ label, evidence, shares }) => [label, { evidence, shares }]));
  }
}

/** A trailer's signals as these encoders read them, with every moment. */
export async function readEmbeddings(
  prisma: PrismaClient,
  trailerId: string,
  encoders: readonly string[],
): Promise<SignalEmbedding[]> {
  const stored = await prisma.signalVector.findMany({
    where: { trailerId, model: { in: [...encoders] } },
    include: { moments: { orderBy: { index: 'asc' } } },
  });
  return stored.map(({ signal, model, vector, measures, missingReason, moments }) => ({
    ...{ signal, model, missingReason },
    vector: vector && vectorFromBytes(vector),
    measures: measures as Record<string, number>,
    moments: moments.map(({ startSeconds, endSeconds, vector: bytes, line, shotIndex }) => ({
      ...{ startSeconds, endSeconds, line, shotIndex },
      vector: vectorFromBytes(bytes),
    })),
  }));
}
