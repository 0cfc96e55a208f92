import type { LearningKind, Prisma } from '../../generated/prisma/client.js';

/** graphile-worker's task name. */
export const LEARN = 'learn';

/** How often a run is tried is decided by its runner; graphile-worker's own limit only has to stay out of the way. */
const MAX_ATTEMPTS = 1_000;

/**
 * Adds the job of a training or a re-tagging in the caller's transaction; the run's id is the job's key. Each kind is
 * a queue of its own, whose jobs run one after the other over all processes: each takes all cores of its machine.
 */
export async function addLearningJob(
  tx: Prisma.TransactionClient,
  run: { id: string; kind: LearningKind },
  { delaySeconds = 0 } = {},
): Promise<void> {
  await tx.$executeRaw`
    SELECT graphile_worker.add_job(
      ${LEARN}, ${JSON.stringify({ runId: run.id })}::json, queue_name := ${run.kind.toLowerCase()},
      run_at := now() + make_interval(secs => ${delaySeconds}::double precision),
      max_attempts := ${MAX_ATTEMPTS}::int, job_key := ${run.id})`;
}
