// npm run bench -- pipeline [--json] [--rounds 3] [--pack full]: each stage of the analysis beside a plain full decode of
// the same file by ffmpeg, taken in turns, with the peak memory of the analysis and its children. Cold is the first
// analysis of a process, warm its second. Without PUBLISH, which is a database's time. The full pack has random weights
// in the real shapes, which cost what real ones cost; its recogniser is made to say as many tokens as people say in a
// trailer.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackFiles } from '../src/signals/pack.js';
import type { AnalysisReport, StageReport, Turn } from './pipeline/analysis.js';
import { trailer1080p } from './pipeline/film.js';
import { fullSizePack } from './pipeline/full-pack.js';
import { MemoryWatch } from './pipeline/memory.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const compactFolder = path.join(root, 'models', 'compact');
const benchFolder = path.join(root, '.marquee', 'bench');
const shared = path.resolve(root, '../shared');
const media = path.join(shared, 'media');
const TRAILERS = ['sintel-trailer.mp4', 'big-buck-bunny-trailer.webm', 'tears-of-steel-clip.webm'];
const DEFAULT_ROUNDS = 3;
const LOADING = 'load models'; // once a process, not once a trailer: shown, but not part of the sum

const TURNS = ['cold', 'warm'] as const satisfies readonly Turn[];

/** Seconds by stage. */
type Stages = Record<string, number>;

interface Row {
  file: string;
  turn: Turn;
  decodePath: string;
  /** Medians over the rounds, in seconds. */
  stages: Stages;
  cpuSeconds: Stages;
  analysisSeconds: number;
  plainDecodeSeconds: number;
  /** analysisSeconds / plainDecodeSeconds */
  ratio: number;
  /** The worst round, both turns. */
  peakMebibytes: number | null;
  lines: number;
  clips: number;
  accepted: string[];
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const rounds = Number(args[args.indexOf('--rounds') + 1]) || DEFAULT_ROUNDS;
  const isFull = args[args.indexOf('--pack') + 1] === 'full';
  const pack: PackFiles = isFull
    ? await fullSizePack({
        benchFolder,
        compactFolder,
        tokenizers: path.join(shared, 'models', 'tokenizers'),
      })
    : { id: 'compact', folder: compactFolder };
  const rows: Row[] = [];
  const chosen = isFull ? [await trailer1080p(benchFolder)] : await films();
  for (const file of chosen) rows.push(...(await measure(file, pack, rounds)));
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));
}

async function films(): Promise<string[]> {
  const real = TRAILERS.map((name) => path.join(media, name)).filter((file) => existsSync(file));
  if (real.length === 0)
    process.stderr.write(`No trailers in ${path.relative(root, media)}: they are left out.\n`);
  return [...real, await trailer1080p(benchFolder)];
}

async function measure(file: string, pack: PackFiles, rounds: number): Promise<Row[]> {
  const runs: Awaited<ReturnType<typeof analyse>>[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round++) {
    plain.push(await plainDecode(file));
    runs.push(await analyse(file, pack));
  }
  const plainDecodeSeconds = median(plain);
  const peaks = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  const { decodePath, lines, clips, accepted } = runs[0]!.report;
  return TURNS.map((turn) => {
    const seconds = runs.map((each) => each.turns[turn].seconds);
    const cpu = runs.map((each) => each.turns[turn].cpuSeconds);
    const analysisSeconds = median(seconds.map(total));
    return {
      ...{ file: path.basename(file), turn, decodePath },
      ...{ stages: medians(seconds), cpuSeconds: medians(cpu) },
      ...{ analysisSeconds, plainDecodeSeconds, ratio: analysisSeconds / plainDecodeSeconds },
      peakMebibytes: peaks.length > 0 ? Math.max(...peaks) / 2 ** 20 : null,
      ...{ lines, clips, accepted },
    };
  });
}

function medians(rounds: readonly Stages[]): Stages {
  const names = Object.keys(rounds[0]!);
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((stages) => stages[name]!))]));
}

function total(stages: Stages): number {
  return Object.entries(stages).reduce((sum, [name, seconds]) => sum + (name === LOADING ? 0 : seconds), 0);
}

async function analyse(file: string, pack: PackFiles) {
  const module = fileURLToPath(new URL('./pipeline/analysis.js', import.meta.url));
  const child = fork(module, [file, JSON.stringify(pack)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const memory = new MemoryWatch(child.pid!);
  const turns = {
    cold: { seconds: {} as Stages, cpuSeconds: {} as Stages },
    warm: { seconds: {} as Stages, cpuSeconds: {} as Stages },
  };
  let report: AnalysisReport | null = null;
  child.on('message', (message: StageReport | AnalysisReport) => {
    if ('stage' in message) {
      turns[message.turn].seconds[message.stage] = message.seconds;
      turns[message.turn].cpuSeconds[message.stage] = message.cpuSeconds;
    } else report = message;
  });
  await once(child, 'exit');
  const peakBytes = await memory.stop();
  if (!report) throw new Error(`the analysis of ${path.basename(file)} ended early`);
  return { turns, report: report as AnalysisReport, peakBytes };
}

/** Seconds in which ffmpeg decodes picture and sound of the whole file to nothing, with its own choice of threads. */
async function plainDecode(file: string): Promise<number> {
  const start = performance.now();
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'], {
    stdio: 'ignore',
  });
  await once(child, 'exit');
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function table(rows: readonly Row[]): string {
  const stages = Object.keys(rows[0]?.stages ?? {});
  const head = ['trailer', 'turn', 'path', ...stages, 'analysis', 'plain decode', 'ratio', 'peak MiB'];
  const lines = rows.map((row) => [
    row.file,
    row.turn,
    row.decodePath,
    ...stages.map((name) => row.stages[name]?.toFixed(2) ?? '-'),
    row.analysisSeconds.toFixed(2),
    row.plainDecodeSeconds.toFixed(2),
    row.ratio.toFixed(2),
    row.peakMebibytes?.toFixed(0) ?? '-',
  ]);
  const cpu = rows.map((row) => [
    'of it CPU without ffmpeg',
    ...['', ''],
    ...stages.map((name) => row.cpuSeconds[name]?.toFixed(2) ?? '-'),
    ...['', '', '', ''],
  ]);
  const all = [head, head.map(() => '---'), ...lines.flatMap((line, i) => [line, cpu[i]!])];
  const accepted = rows
    .filter(({ turn }) => turn === 'warm')
    .map(
      (row) =>
        `${row.file} (${row.lines} lines, ${row.clips} clips): ${row.accepted.join(', ') || 'nothing accepted'}`,
    );
  return `${all.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\nSeconds. Accepted tags:\n${accepted.join('\n')}\n`;
}
