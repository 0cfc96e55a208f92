import { type ShippedClassifier, switchClassifier } from '../../catalog/classifiers.js';
import { newId } from '../../catalog/id.js';
import type {
  Classifier,
  LearningEvent,
  LearningRun,
  Prisma,
  PrismaClient,
} from '../../generated/prisma/client.js';
import { CHANNELS } from '../channels.js';
import type { Notifications } from '../notifications.js';
import { cancelRun, requestRun, runEvents } from './run-requests.js';

interface ActivationsParts {
  prisma: PrismaClient;
  notifications: Notifications;
  /** What this process can run. */
  shipped: Pick<ShippedClassifier, 'pack' | 'fingerprint' | 'encoders'>;
}

/** Switches from one classifier to another; the catalog follows by a re-tagging. */
export class Activations {
  constructor(private readonly parts: ActivationsParts) {}

  /**
   * New analyses begin with the classifier from here on, and the catalog is tagged with it; a re-tagging by another
   * one ends.
   * @throws Failure NOT_FOUND, CLASSIFIER_INCOMPATIBLE
   */
  async activate(
    id: string,
    requestedBy: string,
  ): Promise<{ classifier: Classifier; retagging: LearningRun }> {
    return this.parts.prisma.$transaction(async (tx) => {
      const classifier = await switchClassifier(tx, id, this.parts.shipped);
      const under = await tx.learningRun.findMany({
        where: { kind: 'RETAGGING', pack: classifier.pack, state: { in: ['QUEUED', 'RUNNING'] } },
      });
      for (const other of under) if (other.classifierId !== id) await cancelRun(tx, other.id);
      const same = under.find((run) => run.classifierId === id && !run.cancelRequested);
      const retagging = same ?? (await requestRetagging(tx, classifier, requestedBy));
      await tx.$executeRaw`SELECT pg_notify(${CHANNELS.classifier}, ${classifier.pack})`;
      return { classifier, retagging };
    });
  }

  events(id: string, after: number, signal: AbortSignal): AsyncIterable<LearningEvent> {
    return runEvents(this.parts, 'RETAGGING', id, after, signal);
  }
}

/** For a prediction that is published by a version which was replaced while its analysis ran. */
export async function retagLatecomers(
  tx: Prisma.TransactionClient,
  made: Pick<Classifier, 'id' | 'pack' | 'active'>,
): Promise<void> {
  if (made.active) return;
  const active = await tx.classifier.findFirst({ where: { pack: made.pack, active: true } });
  if (!active) return;
  const waits = { kind: 'RETAGGING' as const, classifierId: active.id, state: 'QUEUED' as const };
  if ((await tx.learningRun.count({ where: waits })) > 0) return;
  await requestRetagging(tx, active, 'marquee');
}

function requestRetagging(
  tx: Prisma.TransactionClient,
  { id, pack }: Pick<Classifier, 'id' | 'pack'>,
  requestedBy: string,
): Promise<LearningRun> {
  return requestRun(tx, { id: newId('retagging'), kind: 'RETAGGING', pack, classifierId: id, requestedBy });
}
