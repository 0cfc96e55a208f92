import { EventEmitter } from 'node:events';
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

/** Takes jobs from the database and runs them here. */
export class Queue {
  #runner: Runner | null = null;
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
    const events: WorkerEvents = new EventEmitter();
    // graphile-worker locks a job in the name of the pool, not of the worker that runs it.
    events.on('pool:create', ({ workerPool }) => heartbeat.addWorker(workerPool.id));
    this.#runner = await run({
      pgPool: pool,
      concurrency: this.concurrency,
      noHandleSignals: true,
      pollInterval: POLL_MS,
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
    await heartbeat.start();
  }

  /** Whether jobs are being taken. */
  get alive(): boolean {
    return this.#runner !== null;
  }

  /** Takes no more jobs, hands the running ones back, and signs this process off. */
  async stop(): Promise<void> {
    const stopped = this.#runner?.stop();
    this.#runner = null;
    this.analyses.stop();
    this.learner.stop();
    await stopped;
    await this.#heartbeat?.stop();
    await this.#utils?.release();
  }
}
