import { z } from 'zod';
import { Failure } from '../failure.js';
import type { LabelGroupKind, PrismaClient, Review, Verdict } from '../generated/prisma/client.js';
import { newId } from './id.js';
import { checked, text } from './input.js';

export interface ReviewRequest {
  predictionId: string;
  label: string;
  verdict: Verdict;
  reason?: string | null;
  /** Who judges: the name of the caller's key. */
  reviewer: string;
}

const reviewReason = z.object({ reason: text('The reason', 2_000).nullish() });

/**
 * Records an editor's verdict on one tag. It takes the place of the tag's earlier verdict, and PRIMARY also of
 * the group's earlier PRIMARY; what is replaced stays as history.
 * @throws Failure NOT_FOUND when the prediction has no such tag; AggregateError of Failures BAD_INPUT
 */
export async function reviewTag(prisma: PrismaClient, request: ReviewRequest): Promise<Review> {
  const { predictionId, label, verdict, reviewer } = request;
  const { reason } = checked(reviewReason, { reason: request.reason });
  return prisma.$transaction(async (tx) => {
    // One verdict at a time for each prediction, or two could both stand.
    const [tagged] = await tx.$queryRaw<{ group: LabelGroupKind }[]>`
      SELECT l."group" FROM "Prediction" p JOIN "Label" l ON l."id" = ${label}
      WHERE p."id" = ${predictionId} AND (p."others" -> l."id" IS NOT NULL OR EXISTS (
        SELECT FROM "Tag" g WHERE g."predictionId" = p."id" AND g."labelId" = l."id"))
      FOR UPDATE OF p`;
    if (!tagged) {
      throw new Failure('NOT_FOUND', `Prediction ${predictionId} has no tag ${label}; see its \`tags\`.`, {
        path: ['label'],
      });
    }
    await tx.review.updateMany({
      where: {
        predictionId,
        undoneAt: null,
        OR: [
          { labelId: label },
          ...(verdict === 'PRIMARY' ? [{ verdict, label: { group: tagged.group } }] : []),
        ],
      },
      data: { undoneAt: new Date() },
    });
    return tx.review.create({
      data: { id: newId('review'), predictionId, labelId: label, verdict, reason: reason ?? null, reviewer },
    });
  });
}

/** Takes a verdict back, which leaves its tag unreviewed. @throws Failure NOT_FOUND; CONFLICT when it no longer stands */
export async function undoReview(prisma: PrismaClient, id: string): Promise<Review> {
  const { count } = await prisma.review.updateMany({
    where: { id, undoneAt: null },
    data: { undoneAt: new Date() },
  });
  const review = await prisma.review.findUnique({ where: { id } });
  if (!review) throw new Failure('NOT_FOUND', `There is no review ${id}.`, { path: ['reviewId'] });
  if (count === 0) {
    throw new Failure('CONFLICT', 'This review was undone or replaced before; there is nothing to undo.', {
      path: ['reviewId'],
    });
  }
  return review;
}
