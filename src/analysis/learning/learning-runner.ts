import { asFailure, type Failure } from '../../failure.js';
import type { LearningRun, Prisma } from '../../generated/prisma/client.js';
import { CHANNELS } from '../channels.js';
import type { Notifications } from '../notifications.js';
import { StaleAttempt } from '../stale-attempt.js';
import { type StopReason, stopReasonOf, WorkUnderWay } from '../work-under-way.js';
import type { LearningJob, LearningParts } from './learning-job.js';
import { addLearningJob } from './learning-jobs.js';
import { retagCatalog } from './retagging.js';
import { RunHold } from './run-hold.js';
import { trainFromRequest } from './training.js';

/** Waits before the next tries; one more try that comes to no end fails the run. */
const RETRY_AFTER_SECONDS = [5, 30, 60, 60];

const WORK: Record<LearningRun['kind'], (job: LearningJob) => Promise<void>> = {
  TRAINING: trainFromRequest,
  RETAGGING: retagCatalog,
};

/** Runs trainings and re-taggings in this process, as `AnalysisRunner` does with analyses. */
export class LearningRunner {
  readonly #underWay: WorkUnderWay;

  constructor(
    private readonly parts: LearningParts,
    notifications: Notifications,
  ) {
    this.#underWay = new WorkUnderWay(notifications, CHANNELS.stopLearning, (ids) =>
      parts.prisma.learningRun.findMany({
        where: { id: { in: ids } },
        select: { id: true, attempt: true, cancelRequested: true },
      }),
    );
  }

  /** Runs one training or re-tagging to an end. @returns false when another worker has taken it */
  async run(runId: string): Promise<boolean> {
    const log = this.parts.log.child({ runId });
    const hold = await RunHold.take(this.parts.prisma, runId);
    if (!hold) return true; // it has ended, or is gone
    const signal = this.#underWay.begin(hold.run);
    try {
      if (hold.run.failures > RETRY_AFTER_SECONDS.length) return await giveUp(hold);
      signal.throwIfAborted();
      log.info({ kind: hold.run.kind, attempt: hold.run.attempt }, 'learning run started');
      await WORK[hold.run.kind]({ parts: this.parts, hold, signal });
      log.info('learning run succeeded');
      return true;
    } catch (error) {
      const reason = stopReasonOf(signal);
      if (reason === 'LOST' || (error instanceof StaleAttempt && reason === null)) return this.#lost(hold);
      if (reason !== null) return endStopped(hold, reason);
      const failure = asFailure(error);
      log.warn({ err: error, code: failure.code }, 'learning run failed');
      return endFailed(hold, failure);
    } finally {
      this.#underWay.end(runId);
    }
  }

  /** Stops runs that are not to be run any more; see `WorkUnderWay`. */
  abortUnwanted(): Promise<void> {
    return this.#underWay.abortUnwanted();
  }

  /** Stops every run; each is handed back to the queue. */
  stop(): void {
    this.#underWay.stop();
  }

  /** A page may find its run stopped before the notification is here. */
  async #lost(hold: RunHold): Promise<boolean> {
    const { id, attempt } = hold.run;
    const row = await this.parts.prisma.learningRun.findUnique({ where: { id } });
    if (row?.attempt === attempt && row.cancelRequested) return endStopped(hold, 'CANCEL');
    return row === null;
  }
}

async function endStopped(hold: RunHold, reason: StopReason): Promise<boolean> {
  if (reason === 'CANCEL') {
    return hold.end({ state: 'CANCELLED', finishedAt: new Date() }, 'Cancelled.');
  }
  return hold.end({ state: 'QUEUED' }, 'Handed back: its process shut down.', requeue(hold, 0));
}

async function endFailed(hold: RunHold, failure: Failure): Promise<boolean> {
  const delaySeconds = RETRY_AFTER_SECONDS[hold.run.failures];
  if (failure.retryable && delaySeconds !== undefined) {
    const data = { state: 'QUEUED' as const, failures: { increment: 1 } };
    const message = `${failure.message} Trying again in ${delaySeconds} s.`;
    return hold.end(data, message, requeue(hold, delaySeconds));
  }
  return fail(hold, failure);
}

function giveUp(hold: RunHold): Promise<boolean> {
  const message = `It came to no end ${hold.run.failures} times. Look into the log, then ask for it again.`;
  return fail(hold, { code: 'WORKER_CRASHED', message, retryable: true });
}

function fail(hold: RunHold, failure: Pick<Failure, 'code' | 'message' | 'retryable'>): Promise<boolean> {
  return hold.end(
    {
      state: 'FAILED',
      finishedAt: new Date(),
      errorCode: failure.code,
      errorMessage: failure.message,
      errorRetryable: failure.retryable,
    },
    failure.message,
  );
}

function requeue(hold: RunHold, delaySeconds: number) {
  return (tx: Prisma.TransactionClient) => addLearningJob(tx, hold.run, { delaySeconds });
}
