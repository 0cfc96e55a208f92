import type { Prisma } from '../generated/prisma/client.js';

/** graphile-worker's task name. */
export const ANALYZE = 'analyze';

/**
 * graphile-worker counts a job's attempts also when its process was killed; how often an analysis is tried is
 * decided by the pipeline (docs/pipeline.md), so its own limit only has to stay out of the way.
 */
const MAX_ATTEMPTS = 1_000;

/**
 * Adds the job of an analysis in the caller's transaction. The analysis' id is the job's key: a job that waits is
 * replaced, one that runs is left to end and followed by the new one.
 */
export async function addJob(
  tx: Prisma.TransactionClient,
  analysisId: string,
  options: { priority: number; delaySeconds?: number },
): Promise<void> {
  const payload = JSON.stringify({ analysisId });
  const delay = options.delaySeconds ?? 0;
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(
      ${ANALYZE}, ${payload}::json,
      run_at := now() + make_interval(secs => ${delay}::double precision),
      max_attempts := ${MAX_ATTEMPTS}::int, job_key := ${analysisId}, priority := ${options.priority}::int)`;
}

/** Removes the job of an analysis that waits; one that runs is left to end. */
export async function removeJob(tx: Prisma.TransactionClient, analysisId: string): Promise<void> {
  await tx.$executeRaw`SELECT graphile_worker.remove_job(${analysisId})`;
}
