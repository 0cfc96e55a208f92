import { asFailure, type Failure } from '../failure.js';
import type { Prisma } from '../generated/prisma/client.js';
import { Attempt } from './attempt.js';
import { CHANNELS } from './channels.js';
import type { ClassifierVersion } from './classifier-files.js';
import { addJob } from './jobs.js';
import type { Notifications } from './notifications.js';
import { runStages } from './pipeline.js';
import type { PipelineParts } from './stage-run.js';
import { StaleAttempt } from './stale-attempt.js';
import { Turns } from './turns.js';
import { type StopReason, stopReasonOf, WorkUnderWay } from './work-under-way.js';

/** Waits before the second and the third try; after them a retryable failure is final. */
const RETRY_AFTER_SECONDS = [5, 30];
/** An analysis whose process died this often is probably what kills it. */
const MAX_CRASHES = 10;

/** STALE: another worker has taken the analysis. GONE: it has ended or was deleted, and nothing is left to do. */
export type Outcome = 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'QUEUED' | 'STALE' | 'GONE';

/** Runs analyses in this process, stops them when they are cancelled, and hands them back at shutdown. */
export class AnalysisRunner {
  readonly #underWay: WorkUnderWay;
  readonly #turns = new Turns();

  constructor(
    private readonly parts: PipelineParts,
    notifications: Notifications,
    /** Called with the outcome of each run, for metrics. */
    private readonly onEnd?: (outcome: Outcome) => void,
  ) {
    this.#underWay = new WorkUnderWay(notifications, CHANNELS.cancel, (ids) =>
      parts.prisma.analysis.findMany({
        where: { id: { in: ids } },
        select: { id: true, attempt: true, cancelRequested: true },
      }),
    );
  }

  /**
   * Runs one analysis to an end.
   *
   * @param retries false on the command line: a failure is then final, and nothing is queued
   */
  async run(analysisId: string, { retries }: { retries: boolean }): Promise<Outcome> {
    const outcome = await this.#run(analysisId, retries);
    this.onEnd?.(outcome);
    return outcome;
  }

  /** Stops running analyses that are not to be run any more; see `WorkUnderWay`. */
  abortUnwanted(): Promise<void> {
    return this.#underWay.abortUnwanted();
  }

  /** Stops every running analysis; each is handed back to the queue. */
  stop(): void {
    this.#underWay.stop();
  }

  async #run(analysisId: string, retries: boolean): Promise<Outcome> {
    const log = this.parts.log.child({ analysisId });
    const attempt = await Attempt.take(this.parts.prisma, analysisId);
    if (!attempt) return 'GONE';
    const signal = this.#underWay.begin(attempt.analysis);
    try {
      if (attempt.analysis.crashes >= MAX_CRASHES) return await giveUp(attempt);
      log.info({ attempt: attempt.number }, 'analysis started');
      const classifier = await this.#classifierOf(attempt);
      await runStages({ ...this.parts, log, attempt, classifier, signal, turns: this.#turns });
      log.info('analysis succeeded');
      return 'SUCCEEDED';
    } catch (error) {
      const reason = stopReasonOf(signal);
      if (error instanceof StaleAttempt || reason === 'LOST') return await this.#lost(attempt, log);
      if (reason !== null) return await endStopped(attempt, reason, retries);
      const failure = asFailure(error);
      if (failure.code === 'CANCELLED') return await endStopped(attempt, 'CANCEL', retries);
      log.warn({ err: error, code: failure.code }, 'analysis attempt failed');
      return await endFailed(attempt, failure, retries);
    } finally {
      this.#underWay.end(analysisId);
    }
  }

  /** The version that the analysis began with, also after its process died; the active one where it begins now. */
  async #classifierOf(attempt: Attempt): Promise<ClassifierVersion> {
    const { classifiers } = this.parts;
    const { classifierId } = attempt.analysis;
    const kept = classifierId === null ? null : await classifiers.find(classifierId);
    if (kept) return kept;
    const active = await classifiers.active();
    await attempt.write(async (tx) => {
      await tx.analysis.update({ where: { id: attempt.analysis.id }, data: { classifierId: active.id } });
    });
    return active;
  }

  async #lost(attempt: Attempt, log: PipelineParts['log']): Promise<Outcome> {
    const { id } = attempt.analysis;
    const row = await this.parts.prisma.analysis.findUnique({ where: { id }, select: { attempt: true } });
    if (row === null) {
      log.info('the analysis was deleted; stopping');
      return 'GONE';
    }
    log.warn('another worker has taken this analysis; stopping');
    return 'STALE';
  }
}

async function endStopped(attempt: Attempt, reason: StopReason, retries: boolean): Promise<Outcome> {
  if (reason === 'CANCEL' || !retries) {
    const data = { state: 'CANCELLED' as const, stage: null, finishedAt: new Date() };
    return (await attempt.end(data, 'Cancelled.')) ? 'CANCELLED' : 'STALE';
  }
  const again = requeue(attempt, 0);
  const data = { state: 'QUEUED' as const, stage: null };
  return (await attempt.end(data, 'Handed back: its process shut down.', again)) ? 'QUEUED' : 'STALE';
}

async function endFailed(attempt: Attempt, failure: Failure, retries: boolean): Promise<Outcome> {
  const delaySeconds = RETRY_AFTER_SECONDS[attempt.analysis.failures];
  if (retries && failure.retryable && delaySeconds !== undefined) {
    const data = { state: 'QUEUED' as const, stage: null, failures: { increment: 1 } };
    const message = `${failure.message} Trying again in ${delaySeconds} s.`;
    return (await attempt.end(data, message, requeue(attempt, delaySeconds))) ? 'QUEUED' : 'STALE';
  }
  return fail(attempt, failure);
}

function giveUp(attempt: Attempt): Promise<Outcome> {
  const message = `Its process ended ${attempt.analysis.crashes} times. Check the trailer and the log, then retry it.`;
  return fail(attempt, { code: 'WORKER_CRASHED', message, retryable: true });
}

async function fail(
  attempt: Attempt,
  failure: Pick<Failure, 'code' | 'message' | 'retryable'>,
): Promise<Outcome> {
  const data = {
    state: 'FAILED' as const,
    stage: null,
    finishedAt: new Date(),
    failures: { increment: 1 },
    errorCode: failure.code,
    errorMessage: failure.message,
    errorRetryable: failure.retryable,
  };
  return (await attempt.end(data, failure.message)) ? 'FAILED' : 'STALE';
}

function requeue(attempt: Attempt, delaySeconds: number) {
  const { id, priority } = attempt.analysis;
  return (tx: Prisma.TransactionClient) => addJob(tx, id, { priority, delaySeconds });
}
