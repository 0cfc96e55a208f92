import { isDeepStrictEqual } from 'node:util';
import { newId } from '../../catalog/id.js';
import { checked } from '../../catalog/input.js';
import { Failure } from '../../failure.js';
import type { LearningEvent, LearningRun, PrismaClient } from '../../generated/prisma/client.js';
import type { Notifications } from '../notifications.js';
import { cancelRun, requestRun, runEvents } from './run-requests.js';
import { type TrainingRequest, trainingRequest } from './training-request.js';

interface TrainingsParts {
  prisma: PrismaClient;
  notifications: Notifications;
  pack: { id: string };
}

/** Trainings in the database: asked for here, run by whichever process takes the job. */
export class Trainings {
  constructor(private readonly parts: TrainingsParts) {}

  /**
   * Writes the training and its job in one transaction.
   * @throws Failure NOT_FOUND, CONFLICT; AggregateError of Failures BAD_INPUT
   */
  async request(
    given: TrainingRequest,
    { requestedBy, idempotencyKey = null }: { requestedBy: string; idempotencyKey?: string | null },
  ): Promise<{ training: LearningRun; created: boolean }> {
    const request = checked(trainingRequest, given);
    const known = await this.#byKey(idempotencyKey, request);
    if (known) return { training: known, created: false };
    const { prisma, pack } = this.parts;
    try {
      const training = await prisma.$transaction(async (tx) => {
        if (request.source.kind === 'UPLOAD') {
          const upload = await tx.upload.findUnique({ where: { id: request.source.uploadId } });
          if (!upload) throw noUpload(request.source.uploadId);
        }
        const id = newId('training');
        return requestRun(tx, {
          ...{ id, kind: 'TRAINING', pack: pack.id, requestedBy, idempotencyKey },
          request,
        });
      });
      return { training, created: true };
    } catch (error) {
      // Two requests with one key at the same time: the database let one of them through.
      const isTaken = (error as { code?: string } | null)?.code === 'P2002';
      const winner = isTaken ? await this.#byKey(idempotencyKey, request) : null;
      if (winner) return { training: winner, created: false };
      throw error;
    }
  }

  /** Asks a training to stop; one that waits ends at once. @throws Failure NOT_FOUND, CONFLICT when it has ended */
  async cancel(id: string): Promise<LearningRun> {
    return this.parts.prisma.$transaction(async (tx) => {
      const run = await tx.learningRun.findUnique({ where: { id, kind: 'TRAINING' } });
      if (!run) throw new Failure('NOT_FOUND', `There is no training ${id}.`, { path: ['id'] });
      const cancelled = await cancelRun(tx, id);
      if (cancelled) return cancelled;
      throw new Failure('CONFLICT', `The training is ${run.state}; it cannot be cancelled.`, {
        path: ['id'],
      });
    });
  }

  events(id: string, after: number, signal: AbortSignal): AsyncIterable<LearningEvent> {
    return runEvents(this.parts, 'TRAINING', id, after, signal);
  }

  async #byKey(key: string | null, request: TrainingRequest): Promise<LearningRun | null> {
    if (key === null) return null;
    if (key.length < 1 || key.length > 200) {
      const message = 'An idempotencyKey has 1 to 200 characters.';
      throw new Failure('BAD_INPUT', message, { path: ['idempotencyKey'] });
    }
    const known = await this.parts.prisma.learningRun.findUnique({ where: { idempotencyKey: key } });
    if (!known || isDeepStrictEqual(known.request, request)) return known;
    throw new Failure('CONFLICT', 'This idempotencyKey was used for another request. Use a new key.', {
      path: ['idempotencyKey'],
    });
  }
}

function noUpload(id: string): Failure {
  return new Failure('NOT_FOUND', `There is no upload ${id}. Send the rows with PUT /uploads first.`, {
    path: ['source', 'uploadId'],
  });
}
