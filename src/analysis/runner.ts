import { asFailure, type Failure } from '../failure.js';
import type { Prisma } from '../generated/prisma/client.js';
import { Attempt, StaleAttempt } from './attempt.js';
import { CHANNELS } from './channels.js';
import { addJob } from './jobs.js';
import type { Notifications } from './notifications.js';
import { runStages } from './pipeline.js';
import type { PipelineParts } from './stage-run.js';

/** Waits before the second and the third try; after them a retryable failure is final. */
const RETRY_AFTER_SECONDS = [5, 30];
/** An analysis whose process died this often is probably what kills it. */
const MAX_CRASHES = 10;

export type Outcome = 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'QUEUED' | 'STALE';

type StopReason = 'CANCEL' | 'SHUTDOWN';

/** Runs analyses in this process, stops them when they are cancelled, and hands them back at shutdown. */
export class AnalysisRunner {
  readonly #running = new Map<string, AbortController>();
  readonly #silence: (() => void)[];
  #stopping = false;

  constructor(
    private readonly parts: PipelineParts,
    notifications: Notifications,
    /** Called with the outcome of each run, for metrics. */
    private readonly onEnd?: (outcome: Outcome) => void,
  ) {
    this.#silence = [
      notifications.on(CHANNELS.cancel, (id) => this.#running.get(id)?.abort('CANCEL' satisfies StopReason)),
      notifications.on('reconnected', () => void this.abortCancelled()),
    ];
  }

  get runningIds(): string[] {
    return [...this.#running.keys()];
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

  /** Stops running analyses that were asked to stop while no notification could arrive. */
  async abortCancelled(): Promise<void> {
    if (this.#running.size === 0) return;
    const cancelled = await this.parts.prisma.analysis.findMany({
      where: { id: { in: this.runningIds }, cancelRequested: true },
      select: { id: true },
    });
    for (const { id } of cancelled) this.#running.get(id)?.abort('CANCEL' satisfies StopReason);
  }

  /** Stops every running analysis; each is handed back to the queue. */
  stop(): void {
    this.#stopping = true;
    for (const controller of this.#running.values()) controller.abort('SHUTDOWN' satisfies StopReason);
    for (const off of this.#silence) off();
  }

  async #run(analysisId: string, retries: boolean): Promise<Outcome> {
    const log = this.parts.log.child({ analysisId });
    const attempt = await Attempt.take(this.parts.prisma, analysisId);
    if (!attempt) return 'STALE';
    const controller = new AbortController();
    this.#running.set(analysisId, controller);
    try {
      if (attempt.analysis.cancelRequested) controller.abort('CANCEL' satisfies StopReason);
      else if (this.#stopping) controller.abort('SHUTDOWN' satisfies StopReason);
      if (attempt.analysis.crashes >= MAX_CRASHES) return await giveUp(attempt);
      log.info({ attempt: attempt.number }, 'analysis started');
      await runStages({ ...this.parts, log, attempt, signal: controller.signal });
      log.info('analysis succeeded');
      return 'SUCCEEDED';
    } catch (error) {
      if (error instanceof StaleAttempt) {
        log.warn('another worker has taken this analysis; stopping');
        return 'STALE';
      }
      if (controller.signal.aborted)
        return await endStopped(attempt, controller.signal.reason as StopReason, retries);
      const failure = asFailure(error);
      log.warn({ err: error, code: failure.code }, 'analysis attempt failed');
      return await endFailed(attempt, failure, retries);
    } finally {
      this.#running.delete(analysisId);
    }
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
