import type { Analysis, AnalysisEvent, Prisma } from '../generated/prisma/client.js';
import type { EventKind } from '../generated/prisma/enums.js';
import { CHANNELS } from './channels.js';

export const TERMINAL_STATES: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

type Transaction = Prisma.TransactionClient;

/** A change of an analysis together with the event that tells of it. */
export interface Advance {
  /** What must hold for the change to be allowed: the fence, the state. */
  where: Prisma.AnalysisWhereInput & { id: string };
  data: Prisma.AnalysisUpdateManyMutationInput;
  kind: EventKind;
  progress: number;
  message?: string;
}

/**
 * Changes an analysis and writes the next numbered event under the lock of its row; numbers therefore have no gap,
 * and become visible in their order.
 *
 * @returns the analysis after the change, or null when `where` no longer holds: nothing was written then
 */
export async function advance(tx: Transaction, change: Advance): Promise<Analysis | null> {
  const [analysis] = await tx.analysis.updateManyAndReturn({
    where: change.where,
    data: { ...change.data, lastEvent: { increment: 1 } },
  });
  if (!analysis) return null;
  await writeEvent(tx, analysis, change);
  return analysis;
}

/** Writes the event number `analysis.lastEvent` with the analysis' state and stage, and notifies its listeners. */
export async function writeEvent(
  tx: Transaction,
  analysis: Analysis,
  event: Pick<Advance, 'kind' | 'progress' | 'message'>,
): Promise<AnalysisEvent> {
  const written = await tx.analysisEvent.create({
    data: {
      analysisId: analysis.id,
      number: analysis.lastEvent,
      kind: event.kind,
      state: analysis.state,
      stage: analysis.stage,
      progress: event.progress,
      message: event.message ?? null,
    },
  });
  await tx.$executeRaw`SELECT pg_notify(${CHANNELS.event}, ${analysis.id})`;
  return written;
}
