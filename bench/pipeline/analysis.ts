// Started by bench/pipeline.ts in a process of its own, so that its memory can be watched: takes one trailer
// through the stages as a worker of the pipeline does, twice, and sends each stage's seconds.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DecodeInput, tasks } from '../../src/analysis/tasks.js';
import { chooseTranscript, recognisedTranscript } from '../../src/analysis/transcript.js';
import { readConfig } from '../../src/config.js';
import { loadDecoded } from '../../src/media/decode-folder.js';
import { fetchTrailer } from '../../src/media/fetch.js';
import { readCaptions } from '../../src/media/subtitles.js';
import { loadCompactPack } from '../../src/signals/compact.js';
import { loadFullPack } from '../../src/signals/full.js';
import type { Pack, PackFiles } from '../../src/signals/pack.js';
import { loadTagger } from '../../src/tagging/compact-tagger.js';
import { ensureZeroShotHead } from '../../src/tagging/zero-shot-files.js';
import { loadZeroShotTagger } from '../../src/tagging/zero-shot-tagger.js';
import { talkative } from './forced-speech.js';

/** As `marquee analyze` meets a trailer, and as a server does that has analysed one before. */
export type Turn = 'cold' | 'warm';

export interface StageReport {
  stage: string;
  turn: Turn;
  seconds: number;
  /** Of this process on all cores, without ffmpeg's: on a busy machine they tell more than the seconds. */
  cpuSeconds: number;
}

/** What the process sends at the end. */
export interface AnalysisReport {
  decodePath: string;
  lines: number;
  /** That VideoMAE saw; 0 with the compact pack. */
  clips: number;
  accepted: string[];
}

const [file = '', packJson = ''] = process.argv.slice(2);
const packFiles = JSON.parse(packJson) as PackFiles;
const { limits } = readConfig({});
const { signal } = new AbortController();
const context = { signal, progress: () => {} };
let turn: Turn = 'cold';

async function timed<T>(stage: string, work: () => Promise<T> | T): Promise<T> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  process.send?.({ stage, turn, seconds, cpuSeconds: (user + system) / 1e6 } satisfies StageReport);
  return result;
}

async function load(files: PackFiles) {
  if (files.id === 'compact') {
    return { pack: (await loadCompactPack(files.folder)) as Pack, tagger: await loadTagger(files.folder) };
  }
  const full = await loadFullPack(files);
  await ensureZeroShotHead(files, (texts) => full.encodeTexts(texts), full.classNames);
  full.recogniser.model = talkative(full.recogniser);
  return { pack: full as Pack, tagger: await loadZeroShotTagger(files) };
}

/** From the disk, as the task of the next stage reads it. */
async function decodedAgain({ folder }: DecodeInput) {
  const known = await loadDecoded(folder);
  if (!known) throw new Error('the decoded trailer is gone');
  return known;
}

async function analyse({ pack, tagger }: Awaited<ReturnType<typeof load>>, folder: string) {
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
    const written = chooseTranscript([...captions, ...decoded.subtitles], facts.durationSeconds);
    if (written.origin !== null || !pack.recognise) return written;
    const { sound } = await decodedAgain(decode);
    return recognisedTranscript(await pack.recognise({ sound, known: [] }, context), facts.durationSeconds);
  });
  const embeddings = await timed('EMBED', async () =>
    pack.embed({ path: fetched.path, decoded: await decodedAgain(decode), lines: transcript.lines }, context),
  );
  const { tags } = await timed('TAG', () => tagger.tag(embeddings));
  const accepted = tags.filter(({ state }) => state === 'ACCEPTED').map(({ label }) => label);
  const clips = embeddings.flatMap(({ measures }) => measures.clips ?? [])[0] ?? 0;
  return { decodePath: decoded.decodePath, lines: transcript.lines.length, clips, accepted };
}

const loaded = await timed('load models', () => load(packFiles));
let report: AnalysisReport | null = null;
for (turn of ['cold', 'warm'] as const) {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-bench-'));
  try {
    report = await analyse(loaded, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
process.send?.(report);
process.disconnect?.();
