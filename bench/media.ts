import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clipsInShots, decodeClips } from '../src/media/clips.js';
import type { DecodedTrailer } from '../src/media/decoded.js';
import { probeAndDecode } from './media/decoded-film.js';
import { sampleFiles } from './media/files.js';
import { measureShots } from './media/shot-table.js';

interface Row {
  name: string;
  decodePath: DecodedTrailer['decodePath'];
  shots: number;
  /** ffmpeg decoding the same file to nothing. */
  plainSeconds: number;
  /** Probe, shots, thumbnails, frames, sound, and 8 clips of 16 frames. */
  ourSeconds: number;
  clipSeconds: number;
  /** The same once more in the same process, as in a server: JavaScript is compiled, ffmpeg is found. Of small files. */
  againSeconds: number | null;
  /** Processor time of the plain decode, and of ours, children included. */
  plainProcessorSeconds: number;
  processorSeconds: number;
  processorRatio: number;
  ratio: number;
  againRatio: number | null;
}

const CLIPS = { clips: 8, frames: 16, spacingSeconds: 2 / 30 };

/**
 * `npm run bench -- media [files|shots] [--json]`: decoding beside one plain full decode of the same file in the
 * same run, and the tables of shot detection on two films whose cuts are known.
 */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-bench-'));
  try {
    const wanted = (part: string) => args.length === 0 || args.includes(part);
    const files = wanted('files') ? await measureFiles(folder) : [];
    const shots = wanted('shots') ? await measureShots(folder) : [];
    if (json) process.stdout.write(`${JSON.stringify({ files, shots })}\n`);
    else {
      if (files.length > 0) console.table(files.map(rounded));
      for (const film of shots) console.table(film.map(rounded));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureFiles(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, file } of await sampleFiles()) {
    if (!existsSync(file)) continue;
    const row = await measureFile(name, file, folder);
    process.stderr.write(`${name}: ${row.processorRatio.toFixed(2)} × the plain decode's processor time\n`);
    rows.push(row);
  }
  return rows;
}

/** A file that ffmpeg decodes within it is run twice: what happens once in a process counts there. */
const SMALL_SECONDS = 3;

async function measureFile(name: string, file: string, folder: string): Promise<Row> {
  const plain = await timed(() => decodeToNothing(file));
  const first = await decodeForSignals(file, folder);
  const again = plain.wallSeconds < SMALL_SECONDS ? await decodeForSignals(file, folder) : null;
  return {
    name,
    decodePath: first.result.decodePath,
    shots: first.result.shots.length,
    plainSeconds: plain.wallSeconds,
    plainProcessorSeconds: plain.processorSeconds,
    processorSeconds: first.processorSeconds,
    ourSeconds: first.wallSeconds,
    clipSeconds: first.clipSeconds,
    againSeconds: again?.wallSeconds ?? null,
    processorRatio: first.processorSeconds / plain.processorSeconds,
    ratio: first.wallSeconds / plain.wallSeconds,
    againRatio: again && again.wallSeconds / plain.wallSeconds,
  };
}

/** Probe, decode and clips, as an analysis with the full pack has them. */
async function decodeForSignals(file: string, folder: string) {
  const signal = new AbortController().signal;
  let clipSeconds = 0;
  const ours = await timed(async () => {
    const { facts, decoded } = await probeAndDecode(file, folder, signal);
    const clips = await timed(() =>
      decodeClips({ path: file, facts, clips: clipsInShots(decoded, CLIPS) }, { signal }),
    );
    clipSeconds = clips.wallSeconds;
    return decoded;
  });
  return { ...ours, clipSeconds };
}

async function decodeToNothing(file: string): Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'], {
    stdio: 'ignore',
  });
  await once(child, 'close');
}

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ result: T; wallSeconds: number; processorSeconds: number }> {
  const start = performance.now();
  const before = processorSeconds();
  const result = await work();
  return {
    result,
    wallSeconds: (performance.now() - start) / 1000,
    processorSeconds: processorSeconds() - before,
  };
}

/** Processor time of this process and of its children that have ended, as Linux counts it. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childSeconds();
}

/** Clock ticks a second in /proc, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

function childSeconds(): number {
  if (process.platform !== 'linux') return 0;
  // Behind the program's name: fields 16 and 17 of proc(5), cutime and cstime.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

function rounded<T extends object>(row: T): Record<string, unknown> {
  const round = (value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)]));
}
