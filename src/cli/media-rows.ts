import { SingleBar } from 'cli-progress';
import { embedRows } from '../analysis/row-embedding.js';
import type { AnalysisTasks } from '../analysis/tasks.js';
import { choosePack } from '../chosen-pack.js';
import { readConfig } from '../config.js';
import { usableCores } from '../inference/machine.js';
import { ThreadPool } from '../inference/threads.js';
import type { Signal } from '../signals/signal.js';
import type { TrainingRow } from '../tagging/training-row.js';

/** The rows with what the pack's encoders make of their media, and the encoders' names; rows without media as they are. */
export async function withMedia(
  rows: TrainingRow[],
  pack: string | undefined,
  signal: AbortSignal,
): Promise<{ rows: TrainingRow[]; models: Partial<Record<Signal, string>> }> {
  if (rows.every(({ media }) => media === null)) return { rows, models: {} };
  const config = readConfig(pack === undefined ? process.env : { ...process.env, MARQUEE_PACK: pack });
  const { identity, encoderThreads } = await choosePack(config);
  const threads = new ThreadPool<AnalysisTasks>(
    new URL('../analysis/thread.js', import.meta.url),
    encoderThreads ?? config.threads ?? usableCores(),
  );
  const bar = new SingleBar({
    format: 'trailers [{bar}] {value} of {total}',
    ...{ stream: process.stderr, clearOnComplete: true, hideCursor: true },
  });
  bar.start(rows.filter(({ media }) => media !== null).length, 0);
  try {
    const parts = { config, pack: identity, threads, signal };
    return await embedRows(rows, parts, (done) => bar.update(done));
  } finally {
    bar.stop();
    await threads.close();
  }
}
