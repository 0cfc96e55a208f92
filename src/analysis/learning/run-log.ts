import type { LearningEvent, LearningRun, Prisma } from '../../generated/prisma/client.js';
import { CHANNELS } from '../channels.js';

type Transaction = Prisma.TransactionClient;

/** A change of a run together with the event that tells of it. */
export interface RunAdvance extends Partial<Pick<LearningEvent, 'stage' | 'done' | 'total' | 'message'>> {
  /** What must hold for the change to be allowed: the fence, the state. */
  where: Prisma.LearningRunWhereInput & { id: string };
  data: Prisma.LearningRunUncheckedUpdateManyInput;
}

/**
 * Changes a run and writes the next numbered event under the lock of its row, as `advance` does for analyses.
 *
 * @returns the run after the change, or null when `where` no longer holds: nothing was written then
 */
export async function advanceRun(tx: Transaction, change: RunAdvance): Promise<LearningRun | null> {
  const [run] = await tx.learningRun.updateManyAndReturn({
    where: change.where,
    data: { ...change.data, lastEvent: { increment: 1 } },
  });
  if (!run) return null;
  await writeRunEvent(tx, run, change);
  return run;
}

/** Writes the event number `run.lastEvent` with the run's state, and notifies its listeners. */
export async function writeRunEvent(
  tx: Transaction,
  run: LearningRun,
  { stage = null, done = 0, total = 0, message = null }: Omit<RunAdvance, 'where' | 'data'>,
): Promise<void> {
  await tx.learningEvent.create({
    data: { runId: run.id, number: run.lastEvent, state: run.state, stage, done, total, message },
  });
  await tx.$executeRaw`SELECT pg_notify(${CHANNELS.learning}, ${run.id})`;
}
