import { Failure } from '../../failure.js';
import type { LearningEvent, LearningRun, Prisma, PrismaClient } from '../../generated/prisma/client.js';
import { CHANNELS } from '../channels.js';
import { TERMINAL_STATES } from '../event-log.js';
import { streamEvents } from '../event-stream.js';
import { removeJob } from '../jobs.js';
import type { Notifications } from '../notifications.js';
import { addLearningJob } from './learning-jobs.js';
import { advanceRun, writeRunEvent } from './run-log.js';

const EVENTS_AT_A_TIME = 500;

/** Writes a run with its first event and its job. */
export async function requestRun(
  tx: Prisma.TransactionClient,
  run: Pick<Prisma.LearningRunUncheckedCreateInput, 'id' | 'kind' | 'pack' | 'requestedBy'> &
    Pick<Prisma.LearningRunUncheckedCreateInput, 'request' | 'classifierId' | 'idempotencyKey'>,
): Promise<LearningRun> {
  const written = await tx.learningRun.create({ data: { ...run, lastEvent: 1 } });
  await writeRunEvent(tx, written, {});
  await addLearningJob(tx, written);
  return written;
}

/** Asks a run to stop; one that waits ends at once. @returns null when it has ended or is not there */
export async function cancelRun(tx: Prisma.TransactionClient, id: string): Promise<LearningRun | null> {
  const ended = await advanceRun(tx, {
    where: { id, state: 'QUEUED' },
    data: { state: 'CANCELLED', cancelRequested: true, finishedAt: new Date() },
    message: 'Cancelled.',
  });
  if (ended) {
    await removeJob(tx, id);
    return ended;
  }
  const [asked] = await tx.learningRun.updateManyAndReturn({
    where: { id, state: 'RUNNING' },
    data: { cancelRequested: true },
  });
  if (asked) await tx.$executeRaw`SELECT pg_notify(${CHANNELS.stopLearning}, ${id})`;
  return asked ?? null;
}

/** Every event of a run behind number `after`, then live ones; ends behind the terminal event. @throws NOT_FOUND */
export function runEvents(
  { prisma, notifications }: { prisma: PrismaClient; notifications: Notifications },
  kind: LearningRun['kind'],
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncIterable<LearningEvent> {
  const look = async (of: string, behind: number) => {
    const run = await prisma.learningRun.findUnique({
      where: { id: of, kind },
      select: { lastEvent: true, state: true },
    });
    if (!run) throw new Failure('NOT_FOUND', `There is no ${kind.toLowerCase()} ${of}.`, { path: ['id'] });
    const events = await prisma.learningEvent.findMany({
      where: { runId: of, number: { gt: behind } },
      orderBy: { number: 'asc' },
      take: EVENTS_AT_A_TIME,
    });
    return { lastEvent: run.lastEvent, hasEnded: TERMINAL_STATES.includes(run.state), events };
  };
  return streamEvents({ notifications, channel: CHANNELS.learning, look }, id, after, signal);
}
