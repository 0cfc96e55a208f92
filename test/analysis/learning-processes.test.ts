import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseTexts, writeAnalysedCatalog } from '../../bench/retag/analysed-catalog.js';
import { Activations } from '../../src/analysis/learning/activations.js';
import { Trainings } from '../../src/analysis/learning/trainings.js';
import { readManifest } from '../../src/inference/packs.js';
import { type Harness, openHarness } from './harness.js';
import { genreRows, uploadRows } from './learning-rows.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

const PACK = fileURLToPath(new URL('../../models/compact', import.meta.url));
/** Two pages of a re-tagging. */
const TITLES = 1_000;

let harness: Harness;
let trainings: Trainings;
let activations: Activations;
const processes: ServerProcess[] = [];
const forever = new AbortController().signal;

beforeAll(async () => {
  harness = await openHarness();
  const { prisma } = harness.database;
  const { notifications } = harness;
  const { models } = await readManifest(PACK);
  const shipped = {
    ...{ pack: 'compact', fingerprint: models.HEAD },
    encoders: [models.TEXT, models.PICTURE, models.SOUND],
  };
  trainings = new Trainings({ prisma, notifications, pack: { id: 'compact' } });
  activations = new Activations({ prisma, notifications, shipped });
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

describe('killing the process with SIGKILL', () => {
  it('during a training and during a re-tagging loses nothing', async () => {
    const { prisma } = harness.database;
    const uploadId = await uploadRows(prisma, harness.config, genreRows(400));
    let server = await start();
    const { training } = await trainings.request(
      {
        ...{ name: 'Killed', source: { kind: 'UPLOAD', uploadId }, head: 'linear', groups: [], seed: 1 },
        aim: { kind: 'best-f1' },
      },
      { requestedBy: 'test' },
    );
    for await (const { state, stage } of trainings.events(training.id, 0, forever)) {
      if (state === 'RUNNING' && stage !== null) break;
    }
    await server.kill('SIGKILL');
    server = await start();
    const trained = await lastOf(trainings.events(training.id, 0, forever));
    expect(trained).toMatchObject({ state: 'SUCCEEDED' });
    const run = await prisma.learningRun.findUniqueOrThrow({ where: { id: training.id } });
    expect(run).toMatchObject({ attempt: 2, failures: 1 });

    const shipped = await prisma.classifier.findFirstOrThrow({ where: { active: true } });
    await fill(shipped.id);
    const letGo = await holdLastPrediction();
    const { retagging } = await activations.activate(run.classifierId ?? '', 'test');
    for await (const { done } of activations.events(retagging.id, 0, forever)) if (done > 0) break;
    await server.kill('SIGKILL');
    await letGo();
    const madeByNew = () => prisma.prediction.count({ where: { classifierId: run.classifierId ?? '' } });
    const kept = await madeByNew();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(TITLES);
    server = await start();
    const last = await lastOf(activations.events(retagging.id, 0, forever));
    expect(last).toMatchObject({ state: 'SUCCEEDED', done: TITLES, total: TITLES });
    expect(last?.message).toContain(`${TITLES - kept} predictions`);
    expect(await madeByNew()).toBe(TITLES);
    await server.kill('SIGTERM');
  }, 120_000);
});

/** Its page cannot end before it is let go. */
async function holdLastPrediction(): Promise<() => Promise<void>> {
  const client = await harness.database.pool.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM "Prediction" ORDER BY "id" DESC LIMIT 1 FOR UPDATE');
  return async () => {
    await client.query('COMMIT');
    client.release();
  };
}

async function fill(classifierId: string): Promise<void> {
  const words = ['murder', 'revenge', 'wedding', 'spaceship', 'ghost', 'soldier', 'horse', 'detective'];
  const many = Array.from({ length: 4_000 }, (_, i) => words[i % words.length]!);
  const client = await harness.database.pool.connect();
  try {
    await writeAnalysedCatalog(client, await analyseTexts(PACK, many, 20, 1), TITLES, classifierId);
  } finally {
    client.release(true);
  }
}

async function lastOf<T>(events: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const event of events) last = event;
  return last;
}
