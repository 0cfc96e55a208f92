import { vectorFromBytes } from '../catalog/vector-bytes.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ThreadPool } from '../inference/threads.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Tag } from '../tagging/tag.js';
import type { ClassifierFiles } from './classifier-files.js';
import type { PackIdentity } from './pack-identity.js';
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
 * the moments of the trailers, in a worker thread. A page of predictions costs as many statements as one.
 */
export class Explanations {
  constructor(private readonly parts: ExplanationsParts) {}

  /** In the order of the ids, by label; empty where this process cannot run the classifier that made the prediction. */
  async of(predictionIds: readonly string[]): Promise<Map<string, Explanation>[]> {
    const { prisma, pack } = this.parts;
    const predictions = await prisma.prediction.findMany({
      where: { id: { in: [...predictionIds] } },
      select: { id: true, trailerId: true, classifierId: true },
    });
    const trailerIds = predictions.map(({ trailerId }) => trailerId);
    const embeddings = await readEmbeddings(prisma, trailerIds, pack.encoders);
    const explained = new Map<string, Map<string, Explanation>>();
    for (const classifierId of new Set(predictions.map((prediction) => prediction.classifierId))) {
      const own = predictions.filter((prediction) => prediction.classifierId === classifierId);
      const tags = await this.#ask(
        classifierId,
        own.map(({ trailerId }) => embeddings.get(trailerId) ?? []),
      );
      own.forEach(({ id }, i) => {
        explained.set(id, tags[i] ?? new Map());
      });
    }
    return predictionIds.map((id) => explained.get(id) ?? new Map());
  }

  async #ask(classifierId: string, trailers: SignalEmbedding[][]): Promise<Map<string, Explanation>[]> {
    const { threads, pack, classifiers } = this.parts;
    const classifier = await classifiers.find(classifierId);
    if (!classifier) return [];
    const told = await threads.run('explain', { trailers, pack: pack.files, classifier });
    return told.map((tags) => new Map(tags.map(({ label, ...explanation }) => [label, explanation])));
  }
}

/** Trailers' signals as these encoders read them, with every moment, by the trailer's id. */
export async function readEmbeddings(
  prisma: PrismaClient,
  trailerIds: readonly string[],
  encoders: readonly string[],
): Promise<Map<string, SignalEmbedding[]>> {
  const stored = await prisma.signalVector.findMany({
    where: { trailerId: { in: [...trailerIds] }, model: { in: [...encoders] } },
    include: { moments: { orderBy: { index: 'asc' } } },
  });
  const embeddings = new Map(trailerIds.map((id) => [id, [] as SignalEmbedding[]]));
  for (const { trailerId, signal, model, vector, measures, missingReason, moments } of stored) {
    embeddings.get(trailerId)?.push({
      ...{ signal, model, missingReason },
      vector: vector && vectorFromBytes(vector),
      measures: measures as Record<string, number>,
      moments: moments.map(({ startSeconds, endSeconds, vector: bytes, line, shotIndex }) => ({
        ...{ startSeconds, endSeconds, line, shotIndex },
        vector: vectorFromBytes(bytes),
      })),
    });
  }
  return embeddings;
}
