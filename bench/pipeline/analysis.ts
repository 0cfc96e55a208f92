// Started by bench/pipeline.ts in a process of its own, so that its memory can be watched: takes one trailer
// through the stages as a worker of the pipeline does, and sends each stage's seconds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tasks } from '../../src/analysis/tasks.js';
import { chooseTranscript } from '../../src/analysis/transcript.js';
import { readConfig } from '../../src/config.js';
import { fetchTrailer } from '../../src/media/fetch.js';
import { readCaptions } from '../../src/media/subtitles.js';

export interface StageReport {
  stage: string;
  seconds: number;
}

/** What the process sends at the end. */
export interface AnalysisReport {
  decodePath: string;
  accepted: string[];
}

const [file = '', packFolder = ''] = process.argv.slice(2);
const { limits } = readConfig({});
const { signal } = new AbortController();
const context = { signal, progress: () => {} };
const folder = await mkdtemp(path.join(tmpdir(), 'marquee-bench-'));

async function timed<T>(stage: string, work: () => Promise<T> | T): Promise<T> {
  const start = performance.now();
  const result = await work();
  process.send?.({ stage, seconds: (performance.now() - start) / 1000 } satisfies StageReport);
  return result;
}

try {
  await timed('load models', () => tasks.warmUp({ packFolder }));
  const fetched = await timed('FETCH', () =>
    fetchTrailer(
      { kind: 'PATH', path: file },
      { mediaRoots: [path.dirname(file)], storeFolder: folder, limits, signal, findUpload: async () => null },
    ),
  );
  const facts = await timed('PROBE', () => tasks.probe({ path: fetched.path, limits }, context));
  const decode = { path: fetched.path, facts, folder: path.join(folder, 'decoded'), again: false };
  const decoded = await timed('DECODE', () => tasks.decode(decode, context));
  const transcript = await timed('TRANSCRIBE', async () => {
    const captions = await Promise.all(fetched.captions.map(readCaptions));
    return chooseTranscript([...captions, ...decoded.subtitles], facts.durationSeconds);
  });
  const embeddings = await timed('EMBED', () =>
    tasks.embed({ decode, lines: transcript.lines, packFolder }, context),
  );
  const { tags } = await timed('TAG', () => tasks.tag({ embeddings, packFolder }));
  const accepted = tags.filter(({ state }) => state === 'ACCEPTED').map(({ label }) => label);
  process.send?.({ decodePath: decoded.decodePath, accepted } satisfies AnalysisReport);
} finally {
  await rm(folder, { recursive: true });
  process.disconnect?.();
}
