import { hostname } from 'node:os';
import { Failure } from '../failure.js';
import type { Analysis, Prisma, PrismaClient, Trailer } from '../generated/prisma/client.js';
import type { StageName } from '../generated/prisma/enums.js';
import { advance } from './event-log.js';
import { ProgressReports } from './progress-reports.js';
import { overallProgress } from './stage.js';
import { type Hold, type KeptResult, markBegun, markFinished, markProgress } from './stage-marks.js';
import { StaleAttempt, unlessStale } from './stale-attempt.js';

/** At most four progress events a second for one analysis. */
const PROGRESS_EVERY_MS = 250;

export type TakenAnalysis = Analysis & { trailer: Trailer };

/**
 * One worker's hold on one analysis. Everything it writes carries its number; once a later attempt exists, each
 * write throws `StaleAttempt` instead.
 */
export class Attempt {
  readonly #reports = new ProgressReports(PROGRESS_EVERY_MS);
  #reached = 0;

  private constructor(
    private readonly prisma: PrismaClient,
    readonly analysis: TakenAnalysis,
  ) {}

  /** Takes the analysis: raises its attempt, so that earlier ones are stale. @returns null when it has ended or is gone */
  static async take(prisma: PrismaClient, id: string): Promise<Attempt | null> {
    const analysis = await prisma.$transaction(async (tx) => {
      const worker = `${hostname()}:${process.pid}`;
      const data = { state: 'RUNNING' as const, attempt: { increment: 1 }, startedAt: new Date(), worker };
      const event = { kind: 'STATE' as const, progress: 0 };
      const taken =
        (await advance(tx, { where: { id, state: 'QUEUED' }, data, ...event })) ??
        // Still RUNNING: the worker that had it died, or lost its hold.
        (await advance(tx, {
          where: { id, state: 'RUNNING' },
          data: { ...data, crashes: { increment: 1 } },
          ...event,
        }));
      if (!taken) return null;
      return { ...taken, trailer: await tx.trailer.findUniqueOrThrow({ where: { id: taken.trailerId } }) };
    });
    return analysis && new Attempt(prisma, analysis);
  }

  get number(): number {
    return this.analysis.attempt;
  }

  get #hold(): Hold {
    return { id: this.analysis.id, attempt: this.number };
  }

  async #held(written: Promise<boolean>): Promise<void> {
    if (!(await written)) throw new StaleAttempt(this.analysis);
  }

  /** Marks a stage as begun. @throws StaleAttempt */
  async beginStage(stage: StageName): Promise<void> {
    await this.#reports.written();
    this.#reached = overallProgress(stage, 0);
    await this.#held(markBegun(this.prisma, this.#hold, { stage, progress: this.#reached }));
  }

  /**
   * Marks a stage as finished, and keeps its result in the same statement.
   *
   * @param how `kept` is what was not known before, null where it was, or need not be; `message` what people are told
   * @throws StaleAttempt
   */
  async finishStage(
    stage: StageName,
    how: { cached: boolean; kept?: KeptResult | null; message?: string | null },
  ): Promise<void> {
    await this.#reports.written();
    this.#reached = overallProgress(stage, 1);
    const done = { stage, progress: this.#reached, kept: null, message: null, ...how };
    await this.#held(markFinished(this.prisma, this.#hold, done));
  }

  /** Tells of progress within a stage; steps that come too fast, or while one is being written, are left out. */
  progress(stage: StageName, within: number): void {
    this.#reports.tell(() => {
      this.#reached = overallProgress(stage, within);
      return this.#held(markProgress(this.prisma, this.#hold, this.#reached));
    });
  }

  /**
   * Ends the analysis SUCCEEDED in the transaction in which `publish` writes its result.
   *
   * @throws StaleAttempt
   * @throws Failure CANCELLED where that was asked for and this process has not heard of it yet
   */
  async succeed(publish: (tx: Prisma.TransactionClient) => Promise<void>): Promise<void> {
    await this.#reports.written();
    const finishedAt = new Date();
    await this.write(async (tx) => {
      const { id } = this.analysis;
      const asked = await tx.analysis.findUnique({ where: { id }, select: { cancelRequested: true } });
      if (asked?.cancelRequested) throw new Failure('CANCELLED', 'Cancelled.');
      await publish(tx);
      await tx.analysisStage.update({
        where: { analysisId_stage: { analysisId: this.analysis.id, stage: 'PUBLISH' } },
        data: { finishedAt },
      });
      await this.#advanceRunning(tx, { state: 'SUCCEEDED', stage: null, finishedAt }, 1);
    });
  }

  /**
   * Ends this hold in any other state than SUCCEEDED.
   *
   * @param also written in the same transaction, for example the job of the next try
   * @returns false when the attempt is stale: nothing was written then
   */
  async end(
    data: Prisma.AnalysisUpdateManyMutationInput & { state: 'QUEUED' | 'FAILED' | 'CANCELLED' },
    message: string,
    also?: (tx: Prisma.TransactionClient) => Promise<void>,
  ): Promise<boolean> {
    await this.#reports.written();
    return unlessStale(() =>
      this.write(async (tx) => {
        await this.#advanceRunning(tx, data, this.#reached, message);
        await also?.(tx);
      }),
    );
  }

  /** Runs `work` in one transaction that holds the analysis' row, after checking that this attempt is the newest. */
  async write(work: (tx: Prisma.TransactionClient) => Promise<void>): Promise<void> {
    await this.prisma.$transaction(
      async (tx) => {
        const held = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM "Analysis"
          WHERE "id" = ${this.analysis.id} AND "attempt" = ${this.number} AND "state" = 'RUNNING' FOR UPDATE`;
        if (held.length === 0) throw new StaleAttempt(this.analysis);
        await work(tx);
      },
      { timeout: 30_000, maxWait: 30_000 },
    );
  }

  async #advanceRunning(
    tx: Prisma.TransactionClient,
    data: Prisma.AnalysisUpdateManyMutationInput,
    progress: number,
    message?: string,
  ): Promise<void> {
    this.#reached = progress;
    const where = { id: this.analysis.id, attempt: this.number, state: 'RUNNING' as const };
    const analysis = await advance(tx, {
      where,
      data,
      kind: 'STATE',
      progress,
      ...(message === undefined ? {} : { message }),
    });
    if (!analysis) throw new StaleAttempt(this.analysis);
  }
}
