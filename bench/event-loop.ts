// npm run bench -- event-loop [--json]: the delay of the main thread's event loop while the whole full pack works in its
// worker threads: two trailers at once are decoded, listened to and embedded, with random weights in the real shapes.
// Random weights never stop talking, so the work is broken off after a minute.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { AnalysisTasks, DecodeInput } from '../src/analysis/tasks.js';
import { readConfig } from '../src/config.js';
import { ThreadPool } from '../src/inference/threads.js';
import type { TimedLine } from '../src/media/timed-line.js';
import type { FullPackFiles } from '../src/signals/pack.js';
import { trailer1080p } from './pipeline/film.js';
import { fullSizePack } from './pipeline/full-pack.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const benchFolder = path.join(root, '.marquee', 'bench');
const THREAD = new URL('../src/analysis/thread.js', import.meta.url);
const SECONDS = 60;
const TRAILERS = 2;
const NANOSECONDS = 1e6; // a millisecond

export async function run({ json }: { json: boolean; args: string[] }): Promise<void> {
  const pack = await fullSizePack({
    benchFolder,
    compactFolder: path.join(root, 'models', 'compact'),
    tokenizers: path.resolve(root, '../shared/models/tokenizers'),
  });
  const file = await trailer1080p(benchFolder);
  const threads = new ThreadPool<AnalysisTasks>(THREAD);
  const encoders = new ThreadPool<AnalysisTasks>(THREAD, 1);
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-bench-'));
  try {
    await encoders.run('loadEncoders', pack);
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const startedAt = performance.now();
    const signal = AbortSignal.timeout(SECONDS * 1000);
    const analyses = Array.from({ length: TRAILERS }, (_, i) =>
      analyse({ threads, encoders, pack, file, folder: path.join(folder, String(i)) }, signal),
    );
    const ended = await Promise.allSettled(analyses);
    delays.disable();
    for (const each of ended) if (each.status === 'rejected' && !signal.aborted) throw each.reason;
    const at = (percentile: number) => delays.percentile(percentile) / NANOSECONDS;
    const row = {
      seconds: (performance.now() - startedAt) / 1000,
      p50Milliseconds: at(50),
      p99Milliseconds: at(99),
      maxMilliseconds: delays.max / NANOSECONDS,
    };
    process.stdout.write(
      json
        ? `${JSON.stringify(row, null, 2)}\n`
        : `Event loop, ${TRAILERS} trailers through all models for ${row.seconds.toFixed(0)} s: p50 ${row.p50Milliseconds.toFixed(1)} ms, p99 ${row.p99Milliseconds.toFixed(1)} ms, max ${row.maxMilliseconds.toFixed(1)} ms\n`,
    );
  } finally {
    await Promise.all([threads.close(), encoders.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Work {
  threads: ThreadPool<AnalysisTasks>;
  encoders: ThreadPool<AnalysisTasks>;
  pack: FullPackFiles;
  file: string;
  folder: string;
}

async function analyse({ threads, encoders, pack, file, folder }: Work, signal: AbortSignal): Promise<void> {
  const { limits } = readConfig({});
  const facts = await threads.run('probe', { path: file, limits }, { signal });
  const decode: DecodeInput = { path: file, facts, folder, again: false };
  await threads.run('decode', decode, { signal });
  const listening = encoders.run('recognise', { decode, known: [], pack }, { signal });
  const looking = encoders.run('embed', { decode, lines: lines(), pack }, { signal });
  await Promise.all([looking, listening]);
}

/** Forty lines, as a trailer with much talk has. */
function lines(): TimedLine[] {
  return Array.from({ length: 40 }, (_, i) => ({
    startSeconds: 3 * i,
    endSeconds: 3 * i + 2,
    text: `They told me that nobody ever came back from the valley, number ${i}.`,
    kind: 'SPEECH',
    speaker: null,
  }));
}
