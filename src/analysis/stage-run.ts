import type { Config } from '../config.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { StageName } from '../generated/prisma/enums.js';
import type { ThreadPool } from '../inference/threads.js';
import type { Logger } from '../log.js';
import type { Attempt } from './attempt.js';
import type { ClassifierFiles, ClassifierVersion } from './classifier-files.js';
import type { PackIdentity } from './pack-identity.js';
import type { KeptResult } from './stage-marks.js';
import { fromStored, toStored } from './stored-value.js';
import type { AnalysisTasks } from './tasks.js';
import type { Turns } from './turns.js';

/** What the pipeline stands on. */
export interface PipelineParts {
  config: Config;
  prisma: PrismaClient;
  threads: ThreadPool<AnalysisTasks>;
  /** The threads that hold the encoders; the same ones where those are small. */
  encoders: ThreadPool<AnalysisTasks>;
  pack: PackIdentity;
  classifiers: Pick<ClassifierFiles, 'active' | 'find'>;
  log: Logger;
  /** Told of each finished stage, for metrics. */
  onStage?(stage: StageName, seconds: number, cached: boolean): void;
}

/** One attempt on its way through the stages. */
export interface StageRun extends PipelineParts {
  attempt: Attempt;
  /** What it began with, whatever is activated meanwhile. */
  classifier: ClassifierVersion;
  signal: AbortSignal;
  /** For what may be done by one analysis of this process at a time: writing the folder of one content. */
  turns: Turns;
}

/** What a stage's work comes to. */
interface StageOutcome<T> {
  result: T;
  /** It was known already. */
  cached: boolean;
  /** What is to be known again. */
  kept?: KeptResult;
  /** What its last event tells people. */
  message?: string;
}

/** Runs one stage between its begin and finish marks. */
export async function runStage<T>(
  run: StageRun,
  stage: StageName,
  work: (progress: (within: number) => void) => Promise<StageOutcome<T>>,
): Promise<T> {
  run.signal.throwIfAborted();
  const startedAt = performance.now();
  await run.attempt.beginStage(stage);
  const { result, ...how } = await work((within) => run.attempt.progress(stage, within));
  run.signal.throwIfAborted();
  await run.attempt.finishStage(stage, how);
  const seconds = (performance.now() - startedAt) / 1000;
  run.onStage?.(stage, seconds, how.cached);
  run.log.debug({ stage, seconds, cached: how.cached }, 'stage finished');
  return result;
}

/**
 * A stage whose result is stored under (content, stage, version) and known again later. With `force`, results from
 * before the analysis was asked for do not count; its own, from before a crash, do.
 *
 * @param beside `isWhole`: whether what the stage left on disk beside a known result is still there; `tell`: what people
 *   are told of a result
 */
export function runKnownStage<T>(
  run: StageRun,
  stage: StageName,
  key: { contentHash: string; version: string },
  work: (progress: (within: number) => void) => Promise<T>,
  beside: { isWhole?(known: T): Promise<boolean>; tell?(result: T): string } = {},
): Promise<T> {
  const { isWhole = async () => true, tell } = beside;
  const told = (result: T) => (tell ? { message: tell(result) } : {});
  return runStage(run, stage, async (progress) => {
    const [stored] = await run.prisma.$queryRaw<{ data: unknown; createdAt: Date }[]>`
      SELECT "data", "createdAt" FROM "StageResult"
      WHERE "contentHash" = ${key.contentHash} AND "stage" = ${stage}::"StageName" AND "version" = ${key.version}`;
    if (stored && (!run.attempt.analysis.force || stored.createdAt >= run.attempt.analysis.createdAt)) {
      const known = fromStored(stored.data) as T;
      if (await isWhole(known)) return { result: known, cached: true, ...told(known) };
    }
    const result = await work(progress);
    return {
      result,
      cached: false,
      kept: { ...key, data: JSON.stringify(toStored(result)) },
      ...told(result),
    };
  });
}
