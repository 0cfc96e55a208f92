// npm run bench -- api [--json] [--analyses 10] [--rate 20]: how late the server's event loop gets and how fast the API
// answers, first idle, then while analyses run. The server is a process of its own with an empty database; requests
// come at a fixed rate, whether the ones before were answered or not.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningServer, startServerProcess } from './api/server-process.js';
import { distinctTrailers } from './api/trailers.js';

const IDLE_SECONDS = 10;
const TITLES = 50;
const POLL_MILLISECONDS = 250;

/** What clients of a catalog ask for, one after the other. */
const OPERATIONS: Record<string, string> = {
  page: `{ titles(first: 20, orderBy: { field: NAME }) { totalCount nodes { id name prediction { signalQuality { overall }
    tags(state: ACCEPTED) { probability weight label { name } evidence { startSeconds line thumbnailUrl } } } } } }`,
  analyses: '{ analyses(first: 20) { nodes { id state stage progress trailer { title { name } } } } }',
  search:
    '{ titles(first: 20, filter: { name: { contains: "tle 1" } }) { nodes { id name externalIds { source value } } } }',
  taxonomy: '{ taxonomy { kind labels { id name definition } } }',
};

interface Phase {
  phase: string;
  seconds: number;
  analyses: number;
  requests: number;
  failed: number;
  /** Milliseconds from when a request was due to its whole answer. */
  latency: { p50: number; p95: number; p99: number; max: number };
  /** Milliseconds, in the server's process; sampled every millisecond, which is in the figures. */
  eventLoopDelay: { p50: number; p99: number; max: number };
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const number = (name: string, standard: number) => Number(args[args.indexOf(name) + 1]) || standard;
  const count = number('--analyses', 10);
  const rate = number('--rate', 20);
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-bench-'));
  await chmod(folder, 0o755); // PostgreSQL does not run as root, and its user must get in
  try {
    const media = path.join(folder, 'media');
    await mkdir(media);
    const trailers = await distinctTrailers(media, count);
    const server = await startServerProcess({ folder, media, concurrency: count });
    try {
      const titles = await importTitles(server);
      await observe(server, rate, delay(2_000)); // the first requests compile the code
      const idle = await observe(server, rate, delay(IDLE_SECONDS * 1000));
      const busy = await observe(server, rate, analyseAll(server, titles, trailers));
      print(
        [
          { phase: 'idle', analyses: 0, ...idle },
          { phase: `${count} analyses`, analyses: count, ...busy },
        ],
        json,
      );
    } finally {
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importTitles(server: RunningServer): Promise<string[]> {
  const titles = Array.from({ length: TITLES }, (_, i) => ({
    name: `Title ${i}`,
    releaseYear: 1970 + i,
    externalId: { source: 'bench', value: String(i) },
  }));
  const { importTitles } = await server.graphql<{ importTitles: { imported: { title: { id: string } }[] } }>(
    'mutation ($input: ImportTitlesInput!) { importTitles(input: $input) { imported { title { id } } } }',
    { input: { titles } },
  );
  return importTitles.imported.map(({ title }) => title.id);
}

async function analyseAll(server: RunningServer, titles: string[], trailers: string[]): Promise<void> {
  for (const [i, trailer] of trailers.entries()) {
    await server.graphql(
      'mutation ($input: AnalyzeTrailerInput!) { analyzeTrailer(input: $input) { errors { message } } }',
      { input: { titleId: titles[i], source: { path: trailer } } },
    );
  }
  const open = '{ analyses(first: 1, states: [QUEUED, RUNNING]) { totalCount } }';
  const failed = '{ analyses(first: 1, states: [FAILED]) { nodes { error { message } } } }';
  type List = { analyses: { totalCount: number; nodes: { error: { message: string } }[] } };
  while ((await server.graphql<List>(open)).analyses.totalCount > 0) await delay(POLL_MILLISECONDS);
  const [wrong] = (await server.graphql<List>(failed)).analyses.nodes;
  if (wrong) throw new Error(`an analysis failed: ${wrong.error.message}`);
}

/** Sends requests at a fixed rate until `until` ends, and reads the server's own figures for this time. */
async function observe(
  server: RunningServer,
  rate: number,
  until: Promise<unknown>,
): Promise<Omit<Phase, 'phase' | 'analyses'>> {
  await server.eventLoopDelay(); // reading the figures begins them anew
  const startedAt = performance.now();
  const load = sendAtRate(server, rate);
  await until;
  const latencies = (await load.stop()).sort((a, b) => a - b);
  const at = (share: number) =>
    round(latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0);
  return {
    seconds: round((performance.now() - startedAt) / 1000),
    requests: latencies.length + load.failed(),
    failed: load.failed(),
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    eventLoopDelay: await server.eventLoopDelay(),
  };
}

function sendAtRate(server: RunningServer, rate: number) {
  const operations = Object.values(OPERATIONS);
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let failed = 0;
  const send = async (operation: string) => {
    const dueAt = performance.now();
    try {
      await server.graphql(operation);
      latencies.push(performance.now() - dueAt);
    } catch {
      failed += 1;
    }
  };
  const timer = setInterval(() => {
    const request = send(operations[sent++ % operations.length] ?? '');
    underWay.add(request);
    void request.finally(() => underWay.delete(request));
  }, 1000 / rate);
  return {
    failed: () => failed,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      return latencies;
    },
  };
}

function print(phases: Phase[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(phases, null, 2)}\n`);
    return;
  }
  const rows = phases.map(({ phase, seconds, requests, failed, latency, eventLoopDelay }) => ({
    phase,
    seconds,
    requests,
    failed,
    'API p50 ms': latency.p50,
    'API p95 ms': latency.p95,
    'API p99 ms': latency.p99,
    'loop p50 ms': eventLoopDelay.p50,
    'loop p99 ms': eventLoopDelay.p99,
    'loop max ms': eventLoopDelay.max,
  }));
  console.table(rows);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
