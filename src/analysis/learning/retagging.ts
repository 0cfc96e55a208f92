import type pg from 'pg';
import { Failure } from '../../failure.js';
import { ThreadPool } from '../../inference/threads.js';
import { StaleAttempt } from '../stale-attempt.js';
import type { LearningJob } from './learning-job.js';
import type { LearningTasks } from './tasks.js';

/** Predictions that a thread tags in one transaction: about half a second's work. */
const PAGE = 500;
/** Pages under way beyond one a thread: a thread that waits for the database tags the next page meanwhile. */
const MORE_LANES = 1;
/**
 * Pages whose ids are read at once: few enough that PostgreSQL walks along its indexes. 2,000 ids took 25 ms of 100,000
 * predictions; for 20,000 it joined and sorted the whole table, 1.3 s in three processes.
 */
const WINDOW_PAGES = 4;

/** Tags every trailer's newest prediction that another classifier of the pack made. Begins again where it was ended. */
export async function retagCatalog(job: LearningJob): Promise<void> {
  const { hold, parts, signal } = job;
  const { classifierId } = hold.run;
  const classifier = classifierId === null ? null : await parts.classifiers.find(classifierId);
  if (!classifier) {
    throw new Failure('CLASSIFIER_INCOMPATIBLE', 'The classifier fits another pack: activate one that fits.');
  }
  const outdated = await countOutdated(parts.pool, parts.pack.id, classifier.id);
  const total = Math.max(outdated, await totalSoFar(parts.pool, hold.run.id));
  const counts = { tagged: 0, skipped: 0 };
  const threads = new ThreadPool<LearningTasks>(parts.threadEntry, parts.threads);
  const retag = async (predictionIds: string[]) => {
    const { id, attempt } = hold.run;
    const page = {
      ...{ predictionIds, classifierId: classifier.id, encoders: parts.pack.encoders },
      run: { id, attempt },
    };
    const input = { url: parts.databaseUrl, pack: parts.pack.files, classifier, page };
    const { tagged, skipped, isWanted } = await threads.run('retag', input);
    signal.throwIfAborted();
    if (!isWanted) throw new StaleAttempt({ id, attempt });
    counts.tagged += tagged;
    counts.skipped += skipped;
    const done = total - outdated + counts.tagged + counts.skipped;
    hold.progress({ stage: 'Tagging', done: Math.min(done, total), total });
  };
  try {
    const pages = outdatedPages(parts.pool, parts.pack.id, classifier.id);
    await inLanes(pages, threads.size + MORE_LANES, retag);
  } finally {
    await threads.runOnEach('shut', undefined).catch(() => undefined);
    await threads.close();
    await parts.pool.query(`SELECT pg_notify('marquee_title', '')`);
  }
  hold.progress({ stage: 'Tagging', done: total, total });
  await hold.succeed(summary(counts), async () => ({}));
}

function summary({ tagged, skipped }: { tagged: number; skipped: number }): string {
  const left =
    skipped === 0 ? '' : ` ${skipped} kept theirs: they have no vectors of this pack; analyse them again.`;
  return `${tagged} predictions were tagged anew.${left}`;
}

/** Works through the pages, `lanes` of them at a time. After a failure no further page is begun. */
async function inLanes<T>(
  pages: AsyncGenerator<T, void>,
  lanes: number,
  work: (page: T) => Promise<void>,
): Promise<void> {
  const lane = async () => {
    try {
      for (let next = await pages.next(); !next.done; next = await pages.next()) await work(next.value);
    } catch (error) {
      await pages.return();
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

const OUTDATED = `
  FROM "Prediction" p JOIN "Classifier" c ON c."id" = p."classifierId"
  WHERE c."pack" = $1 AND p."classifierId" <> $2 AND NOT EXISTS (
    SELECT FROM "Prediction" newer WHERE newer."trailerId" = p."trailerId"
      AND (newer."createdAt", newer."id") > (p."createdAt", p."id"))`;

async function countOutdated(pool: pg.Pool, pack: string, classifierId: string): Promise<number> {
  const { rows } = await pool.query(`SELECT count(*)::int AS "count" ${OUTDATED}`, [pack, classifierId]);
  return rows[0].count;
}

/** The predictions that are to be tagged anew, a page of ids at a time, read while the pages before are worked on. */
async function* outdatedPages(
  pool: pg.Pool,
  pack: string,
  classifierId: string,
): AsyncGenerator<string[], void> {
  for (let behind: string | undefined = ''; behind !== undefined; ) {
    const found: pg.QueryResult<{ id: string }> = await pool.query(
      `SELECT p."id" ${OUTDATED} AND p."id" > $3 ORDER BY p."id" LIMIT ${WINDOW_PAGES * PAGE}`,
      [pack, classifierId, behind],
    );
    const ids = found.rows.map(({ id }) => id);
    for (let from = 0; from < ids.length; from += PAGE) yield ids.slice(from, from + PAGE);
    behind = ids.at(-1);
  }
}

/** How many there were when the run began, where it begins again. */
async function totalSoFar(pool: pg.Pool, runId: string): Promise<number> {
  const { rows } = await pool.query(
    `SELECT coalesce(max("total"), 0)::int AS "total" FROM "LearningEvent" WHERE "runId" = $1`,
    [runId],
  );
  return rows[0].total;
}
