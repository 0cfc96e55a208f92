import { hostname } from 'node:os';
import type { LearningRun, Prisma, PrismaClient } from '../../generated/prisma/client.js';
import { ProgressReports } from '../progress-reports.js';
import { StaleAttempt, unlessStale } from '../stale-attempt.js';
import { advanceRun, type RunAdvance } from './run-log.js';

/** At most two progress events a second for one run. */
const PROGRESS_EVERY_MS = 500;

/** How far a run is. */
export interface Progress {
  /** What is being done, in words that a person may read. */
  stage: string;
  done: number;
  /** 0 where nobody knows. */
  total: number;
}

/**
 * One worker's hold on one training or re-tagging. Everything it writes carries its attempt's number; once a later
 * attempt exists, each write throws `StaleAttempt` instead.
 */
export class RunHold {
  readonly #reports = new ProgressReports(PROGRESS_EVERY_MS);
  #reached: Progress = { stage: '', done: 0, total: 0 };

  private constructor(
    private readonly prisma: PrismaClient,
    readonly run: LearningRun,
  ) {}

  /** Takes the run: raises its attempt, so that earlier ones are stale. @returns null when it has ended or is gone */
  static async take(prisma: PrismaClient, id: string): Promise<RunHold | null> {
    const run = await prisma.$transaction(async (tx) => {
      const worker = `${hostname()}:${process.pid}`;
      const data = { state: 'RUNNING' as const, attempt: { increment: 1 }, startedAt: new Date(), worker };
      return (
        (await advanceRun(tx, { where: { id, state: 'QUEUED' }, data })) ??
        // Still RUNNING: the worker that had it died, or lost its hold.
        (await advanceRun(tx, {
          where: { id, state: 'RUNNING' },
          data: { ...data, failures: { increment: 1 } },
        }))
      );
    });
    return run && new RunHold(prisma, run);
  }

  /** Tells of progress; steps that come too fast, or while one is being written, are left out. */
  progress(step: Progress): void {
    const isNew = step.stage !== this.#reached.stage;
    this.#reached = step;
    this.#reports.tell(() => this.write((tx) => this.#advance(tx, {})), isNew);
  }

  /** Ends the run SUCCEEDED in the transaction in which `also` writes its result. @throws StaleAttempt */
  async succeed(
    message: string,
    also: (tx: Prisma.TransactionClient) => Promise<Prisma.LearningRunUncheckedUpdateManyInput>,
  ): Promise<void> {
    await this.#reports.written();
    await this.write(async (tx) => {
      const data = await also(tx);
      await this.#advance(tx, { ...data, state: 'SUCCEEDED', finishedAt: new Date() }, message);
    });
  }

  /**
   * Ends this hold in any other state than SUCCEEDED.
   *
   * @param also written in the same transaction, for example the job of the next try
   * @returns false when the attempt is stale: nothing was written then
   */
  async end(
    data: Prisma.LearningRunUncheckedUpdateManyInput & { state: 'QUEUED' | 'FAILED' | 'CANCELLED' },
    message: string,
    also?: (tx: Prisma.TransactionClient) => Promise<void>,
  ): Promise<boolean> {
    await this.#reports.written();
    return unlessStale(() =>
      this.write(async (tx) => {
        await this.#advance(tx, data, message);
        await also?.(tx);
      }),
    );
  }

  /** Runs `work` in one transaction that holds the run's row, after checking that this attempt is the newest. */
  async write(work: (tx: Prisma.TransactionClient) => Promise<void>): Promise<void> {
    await this.prisma.$transaction(
      async (tx) => {
        const held = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM "LearningRun"
          WHERE "id" = ${this.run.id} AND "attempt" = ${this.run.attempt} AND "state" = 'RUNNING' FOR UPDATE`;
        if (held.length === 0) throw new StaleAttempt(this.run);
        await work(tx);
      },
      { timeout: 60_000, maxWait: 30_000 },
    );
  }

  async #advance(
    tx: Prisma.TransactionClient,
    data: RunAdvance['data'],
    message: string | null = null,
  ): Promise<void> {
    const where = { id: this.run.id, attempt: this.run.attempt, state: 'RUNNING' as const };
    const { stage, done, total } = this.#reached;
    const run = await advanceRun(tx, { where, data, stage: stage || null, done, total, message });
    if (!run) throw new StaleAttempt(this.run);
  }
}
