// npm run bench -- api [--json] [--analyses 10] [--rate 20]: how late the server's event loop gets and how fast the API
// answers, first idle, then while analyses run. The server is a process of its own with an empty database; requests
// come at a fixed rate, whether the ones before were answered or not.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { observe, observeIdle, printPhases } from './api/load.js';
import { type RunningServer, startServerProcess } from './api/server-process.js';
import { distinctTrailers } from './api/trailers.js';

const TITLES = 50;
const POLL_MILLISECONDS = 250;

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
    const server = await startServerProcess({ data: path.join(folder, 'data'), media, concurrency: count });
    try {
      const titles = await importTitles(server);
      const idle = await observeIdle(server, rate);
      const until = analyseAll(server, titles, trailers);
      printPhases([idle, await observe(server, { phase: `${count} analyses`, rate, until })], json);
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
