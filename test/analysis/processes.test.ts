import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../../src/analysis/stage.js';
import { renderFilm, SUBTITLES } from './film.js';
import { collect, type Harness, oneTo, openHarness } from './harness.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

let harness: Harness;
let film: string;
const processes: ServerProcess[] = [];
const forever = new AbortController().signal;

beforeAll(async () => {
  harness = await openHarness();
  const [mediaRoot = ''] = harness.config.mediaRoots;
  await mkdir(mediaRoot, { recursive: true });
  film = await renderFilm(path.join(mediaRoot, 'film.mp4'));
});
afterAll(async () => {
  await Promise.all(processes.map((server) => server.kill('SIGKILL')));
  await harness?.close();
});

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess(harness.config, 'worker');
  processes.push(server);
  return server;
}

async function request(file: string): Promise<string> {
  const titleId = await harness.createTitle();
  const source = { kind: 'PATH' as const, path: file };
  const { analysis } = await harness.analyses.request({ titleId, source, subtitles: SUBTITLES, force: true });
  return analysis.id;
}

describe('killing the process with SIGKILL', () => {
  it('in every stage loses nothing: after a restart the analysis ends SUCCEEDED with one prediction', async () => {
    const id = await request(film);
    let server = await start();
    const killedIn: string[] = [];
    let last = 0;
    for (const { name } of STAGES) {
      for await (const event of harness.analyses.events(id, last, forever)) {
        last = event.number;
        if (event.stage === name) break;
      }
      await server.kill('SIGKILL');
      killedIn.push(name);
      server = await start();
    }
    const events = await collect(harness.analyses.events(id, 0, forever));
    expect(killedIn).toEqual(STAGES.map(({ name }) => name));
    expect(events.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
    expect(events.map(({ number }) => number)).toEqual(oneTo(events.length));
    expect(await harness.database.prisma.prediction.count({ where: { analysisId: id } })).toBe(1);
    await server.kill('SIGTERM');
  }, 240_000);
});

describe('two processes on one database', () => {
  it('share the work, and each analysis has one prediction', async () => {
    const files = await Promise.all(
      oneTo(6).map(async (i) => {
        const file = path.join(path.dirname(film), `film-${i}.mp4`);
        await copyFile(film, file);
        return file;
      }),
    );
    await Promise.all([start(), start()]);
    const ids = await Promise.all(files.map(request));
    const takers = new Set<string>();
    for (const id of ids) {
      const events = await collect(harness.analyses.events(id, 0, forever));
      expect(events.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
    }
    expect(await harness.database.prisma.prediction.count({ where: { analysisId: { in: ids } } })).toBe(
      ids.length,
    );
    const rows = await harness.database.prisma.analysis.findMany({ where: { id: { in: ids } } });
    for (const { worker } of rows) takers.add(worker ?? '');
    expect(takers.size).toBe(2);
  }, 120_000);
});
