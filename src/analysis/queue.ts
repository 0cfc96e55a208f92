import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { makeWorkerUtils, type Runner, run, type WorkerEvents, type WorkerUtils } from 'graphile-worker';
import type pg from 'pg';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { Logger } from '../log.js';
import { Heartbeat } from './heartbeat.js';
import { graphileLogger } from './job-log.js';
import { ANALYZE } from './jobs.js';
import { LEARN } from './learning/learning-jobs.js';
import type { LearningRunner } from './learning/learning-runner.js';
import type { AnalysisRunner } from './runner.js';
import { DELIVER, type Delivery, deliver } from './webhooks.js';

/** New jobs are announced by a notification; this only finds those whose time comes, or whose announcement was lost. */
const POLL_MS = 1_000;
const RESTART_MS = 1_000;

interface QueueParts {
  prisma: PrismaClient;
  pool: pg.Pool;
  log: Logger;
}

/** Makes graphile-worker's tables, or brings them up to date. Every role needs them to add jobs. */
export async function prepareQueue(parts: Pick<QueueParts, 'pool' | 'log'>): Promise<void> {
  const utils = await makeWorkerUtils({ pgPool: parts.pool, logger: graphileLogger(parts.log) });
  await utils.migrate();
  await utils.release();
}

/** One run of graphile-worker. */
interface Taking {
  /** Settles when it takes no more jobs, whatever the reason. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
  /** In whose names it holds jobs. */
  workers: string[];
}

/** Takes jobs from the database and runs them here, again after the database was away. */
export class Queue {
  readonly #stop = new AbortController();
  #runner: Runner | null = null;
  #ended: Promise<void> = Promise.resolve();
  #utils: WorkerUtils | null = null;
  #heartbeat: Heartbeat | null = null;

  constructor(
    private readonly parts: QueueParts,
    private readonly analyses: AnalysisRunner,
    private readonly learner: Pick<LearningRunner, 'run' | 'abortUnwanted' | 'stop'>,
    private readonly concurrency: number,
  ) {}

  /** Begins to take jobs. */
  async start(role: string): Promise<void> {
    const { prisma, pool, log } = this.parts;
    const utils = await makeWorkerUtils({ pgPool: pool, logger: graphileLogger(log) });
    this.#utils = utils;
    const heartbeat = new Heartbeat(prisma, log, {
      role,
      freeJobs: (workers) => utils.forceUnlockWorkers(workers),
      tick: async () => {
        await this.analyses.abortUnwanted();
        await this.learner.abortUnwanted();
      },
    });
    this.#heartbeat = heartbeat;
    const first = await this.#takeJobs(heartbeat);
    this.#ended = this.#goOn(first, utils, heartbeat);
    await heartbeat.start();
  }

  /** Whether jobs are being taken. */
  get alive(): boolean {
    return this.#runner !== null;
  }

  /** Takes no more jobs, hands the running ones back, and signs this process off. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const stopped = this.#runner?.stop();
    this.#runner = null;
    this.analyses.stop();
    this.learner.stop();
    await stopped?.catch((error: unknown) => this.parts.log.warn({ err: error }, 'the queue ended badly'));
    await this.#ended;
    await this.#heartbeat?.stop();
    await this.#utils?.release();
  }

  async #takeJobs(heartbeat: Heartbeat): Promise<Taking> {
    const { prisma, pool, log } = this.parts;
    const workers: string[] = [];
    const events: WorkerEvents = new EventEmitter();
    // graphile-worker locks a job in the name of the pool, not of the worker that runs it.
    events.on('pool:create', ({ workerPool }) => {
      workers.push(workerPool.id);
      heartbeat.addWorker(workerPool.id);
    });
    const runner = await run({
      pgPool: pool,
      concurrency: this.concurrency,
      noHandleSignals: true,
      pollInterval: POLL_MS,
      // Without them a job that ends while the database is away is an unhandled rejection, which ends the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      events,
      logger: graphileLogger(log),
      taskList: {
        [ANALYZE]: async (payload) => {
          const { analysisId } = payload as { analysisId: string };
          const outcome = await this.analyses.run(analysisId, { retries: true });
          // graphile-worker completes a job whoever holds it, and would delete it under the worker that has it
          // now; it fails a job only for its holder.
          if (outcome === 'STALE') throw new Error('another worker has taken this job');
        },
        [LEARN]: async (payload) => {
          const isHeld = await this.learner.run((payload as { runId: string }).runId);
          if (!isHeld) throw new Error('another worker has taken this job');
        },
        [DELIVER]: (payload) => deliver(prisma, log, payload as Delivery),
      },
    });
    this.#runner = runner;
    return { ended: runner.promise.catch(() => undefined), stop: () => runner.stop(), workers };
  }

  /**
   * graphile-worker gives up where it could not ask for jobs ten times in a row, or not say how one ended: then the
   * jobs that it held are freed, and jobs taken anew, as soon as the database is back.
   */
  async #goOn(first: Taking, utils: WorkerUtils, heartbeat: Heartbeat): Promise<void> {
    for (let taking: Taking | null = first; taking !== null; ) {
      await taking.ended;
      if (this.#stop.signal.aborted) return;
      this.#runner = null;
      this.parts.log.warn('the queue has ended; it begins anew once the database answers');
      taking = await this.#takeAgain(taking.workers, utils, heartbeat);
    }
  }

  /** @returns null when it is stopped before */
  async #takeAgain(held: string[], utils: WorkerUtils, heartbeat: Heartbeat): Promise<Taking | null> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await delay(RESTART_MS, undefined, { signal });
        await utils.forceUnlockWorkers(held);
        const taking = await this.#takeJobs(heartbeat);
        if (signal.aborted) await taking.stop();
        this.parts.log.info('the queue takes jobs again');
        return taking;
      } catch {
        // The database is still away, or the queue is stopped.
      }
    }
    return null;
  }
}
