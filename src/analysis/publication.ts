import { newId } from '../catalog/id.js';
import { INSERT_TAGS, splitTags, tagColumns } from '../catalog/tag-rows.js';
import { vectorBytes } from '../catalog/vector-bytes.js';
import type { Classifier, Prisma } from '../generated/prisma/client.js';
import type { MediaFacts } from '../media/facts.js';
import type { PackId } from '../signals/pack.js';
import type { SignalEmbedding } from '../signals/signal.js';
import type { Tagging } from '../tagging/tag.js';
import { CHANNELS } from './channels.js';
import { retagLatecomers } from './learning/activations.js';
import type { DecodeSummary } from './tasks.js';
import { writeLines, writeShots, writeVectors } from './trailer-rows.js';
import type { Transcript } from './transcript.js';
import { queueDeliveries } from './webhooks.js';

/** Everything that one analysis found out. */
export interface Publication {
  analysisId: string;
  /** That read the signals: the process that was asked may have had another one. */
  pack: PackId;
  trailerId: string;
  contentHash: string;
  facts: MediaFacts;
  decoded: DecodeSummary;
  transcript: Transcript;
  embeddings: SignalEmbedding[];
  tagging: Tagging;
}

type Transaction = Prisma.TransactionClient;

/** Writes the trailer's facts, shots, lines and vectors anew, and the prediction with its tags and evidence. */
export async function publish(tx: Transaction, publication: Publication): Promise<string> {
  await tx.$queryRaw`SELECT 1 FROM "Trailer" WHERE "id" = ${publication.trailerId} FOR UPDATE`;
  await tx.$executeRaw`UPDATE "Analysis" SET "pack" = ${publication.pack} WHERE "id" = ${publication.analysisId}`;
  await writeTrailer(tx, publication);
  const predictionId = await writePrediction(tx, publication);
  const { analysisId, trailerId } = publication;
  await queueDeliveries(tx, { analysisId, predictionId, trailerId });
  await tx.$executeRaw`SELECT pg_notify(${CHANNELS.prediction}, ${predictionId})`;
  return predictionId;
}

async function writeTrailer(tx: Transaction, publication: Publication): Promise<void> {
  const { trailerId, contentHash, facts, decoded, transcript, embeddings } = publication;
  const { durationSeconds, video } = facts;
  await tx.$executeRaw`
    UPDATE "Trailer" SET "contentHash" = ${contentHash}, "durationSeconds" = ${durationSeconds},
      "width" = ${video?.width ?? null}, "height" = ${video?.height ?? null}, "language" = ${transcript.language}
    WHERE "id" = ${trailerId}`;
  await writeShots(tx, trailerId, decoded.shots);
  await writeLines(tx, trailerId, transcript);
  await writeVectors(tx, trailerId, embeddings);
}

async function writePrediction(
  tx: Transaction,
  { analysisId, trailerId, tagging }: Publication,
): Promise<string> {
  // Held until the end, so that an activation meanwhile either waits or is seen here.
  const [classifier] = await tx.$queryRaw<Pick<Classifier, 'id' | 'pack' | 'active'>[]>`
    SELECT "id", "pack", "active" FROM "Classifier" WHERE "fingerprint" = ${tagging.classifier} FOR SHARE`;
  if (!classifier) throw new Error(`the classifier ${tagging.classifier} is not in the database`);
  const predictionId = newId('prediction');
  const { rows, others } = splitTags(tagging.tags);
  await tx.prediction.create({
    data: {
      id: predictionId,
      trailerId,
      analysisId,
      classifierId: classifier.id,
      quality: { ...tagging.quality },
      fused: vectorBytes(tagging.fused.vector),
      fusedModel: tagging.fused.model,
      others,
    },
  });
  await tx.$executeRawUnsafe(INSERT_TAGS, ...tagColumns(rows.map((tag) => ({ predictionId, tag }))));
  await retagLatecomers(tx, classifier);
  return predictionId;
}
