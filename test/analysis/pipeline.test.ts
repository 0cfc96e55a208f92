import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readEmbeddings } from '../../src/analysis/explanations.js';
import { Queue } from '../../src/analysis/queue.js';
import { AnalysisRunner } from '../../src/analysis/runner.js';
import { STAGES } from '../../src/analysis/stage.js';
import type { PipelineParts } from '../../src/analysis/stage-run.js';
import { newId } from '../../src/catalog/id.js';
import { type Engine, openEngine } from '../../src/engine.js';
import { Failure } from '../../src/failure.js';
import type { AnalysisEvent } from '../../src/generated/prisma/client.js';
import { timeWeights } from '../../src/signals/features.js';
import type { SignalEmbedding } from '../../src/signals/signal.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { renderFilm, SUBTITLES } from './film.js';
import { collect, oneTo, silent } from './harness.js';

let testDatabase: TestDatabase;
let engine: Engine;
let film: string;
const forever = new AbortController().signal;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const [mediaRoot = ''] = testDatabase.config.mediaRoots;
  await mkdir(mediaRoot, { recursive: true });
  film = await renderFilm(path.join(mediaRoot, 'film.mp4'));
  engine = await openEngine(testDatabase.config, silent);
  await engine.loaded;
});
afterAll(async () => {
  await engine?.close();
  await testDatabase?.close();
});

async function request(file: string, more: { subtitles?: string; force?: boolean } = {}): Promise<string> {
  const titleId = newId('title');
  await engine.database.prisma.title.create({ data: { id: titleId, name: 'A film', genres: [] } });
  const { analysis } = await engine.analyses.request({
    titleId,
    source: { kind: 'PATH', path: file },
    ...more,
  });
  return analysis.id;
}

const run = (id: string) => engine.runner.run(id, { retries: true });
const eventsOf = (id: string) => collect(engine.analyses.events(id, 0, forever));
const read = (id: string) =>
  engine.database.prisma.analysis.findUniqueOrThrow({
    where: { id },
    include: { stages: true, prediction: true },
  });

/** Which stages an analysis took from an earlier one. */
async function cachedStages(id: string): Promise<string[]> {
  const { stages } = await read(id);
  return STAGES.map(({ name }) => name).filter((name) => stages.find(({ stage }) => stage === name)?.cached);
}

async function storedVectors(trailerId: string): Promise<SignalEmbedding[]> {
  const stored = await readEmbeddings(engine.database.prisma, [trailerId], engine.pack.encoders);
  return stored.get(trailerId) ?? [];
}

const distance = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  Math.max(...(a ?? []).map((value, k) => Math.abs(value - b![k]!)));

/** A queue whose stages go wrong as told, over the same database. */
function faultyRunner(failure: (signal: AbortSignal) => Promise<never>): AnalysisRunner {
  const run = (_task: string, _input: unknown, { signal }: { signal: AbortSignal }) => failure(signal);
  const threads = { run } as unknown as PipelineParts['threads'];
  const parts = {
    config: engine.config,
    prisma: engine.database.prisma,
    threads,
    encoders: threads,
    pack: engine.pack,
    classifiers: engine.classifiers,
    log: silent,
  };
  return new AnalysisRunner(parts, { on: () => () => undefined } as never);
}

describe('an analysis', () => {
  it('goes through every stage in order, tells of each in numbered events, and ends SUCCEEDED', async () => {
    const id = await request(film, { subtitles: SUBTITLES });
    expect(await run(id)).toBe('SUCCEEDED');
    const events = await eventsOf(id);
    expect(events.map(({ number }) => number)).toEqual(oneTo(events.length));
    expect(stagesIn(events)).toEqual(STAGES.map(({ name }) => name));
    const progress = events.map((event) => event.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(events.at(-1)).toMatchObject({ state: 'SUCCEEDED', progress: 1 });
  });

  it('tells, of a known result as well, how much of the pictures was decoded', async () => {
    for (const times of ['once', 'again']) {
      const id = await request(film, { subtitles: SUBTITLES });
      await run(id);
      const told = (await eventsOf(id)).filter(
        ({ stage, message }) => stage === 'DECODE' && message !== null,
      );
      expect(
        told.map(({ message }) => message),
        times,
      ).toEqual(['All of the pictures were decoded.']);
    }
  });

  it('leaves a prediction whose evidence points at the times of the subtitles', async () => {
    const id = await request(film, { subtitles: SUBTITLES });
    await run(id);
    const { prediction } = await read(id);
    const revenge = await engine.database.prisma.tag.findFirstOrThrow({
      where: { predictionId: prediction?.id ?? '', labelId: 'theme/revenge' },
    });
    expect(['ACCEPTED', 'SUGGESTED']).toContain(revenge.state);
    expect((revenge.evidence as object[])[0]).toMatchObject({
      signal: 'TEXT',
      line: 'I will hunt his killers down and take my revenge.',
      startSeconds: 6.1,
      endSeconds: 8.4,
    });
  });

  it('stores shots at the true cuts, the transcript, and vectors that name their models', async () => {
    const id = await request(film, { subtitles: SUBTITLES });
    await run(id);
    const { trailerId } = await read(id);
    const trailer = await engine.database.prisma.trailer.findUniqueOrThrow({
      where: { id: trailerId },
      include: {
        shots: { orderBy: { index: 'asc' } },
        lines: { orderBy: { index: 'asc' } },
        vectors: { orderBy: { signal: 'asc' } },
      },
    });
    expect(trailer.durationSeconds).toBeCloseTo(9, 1);
    expect(trailer.shots.map(({ startSeconds }) => Math.round(startSeconds * 25) / 25)).toEqual([0, 3, 6]);
    expect(trailer.lines.map(({ text }) => text)).toHaveLength(3);
    expect(
      trailer.vectors.map(({ signal, model }) => [signal, engine.pack.encoders.includes(model)]),
    ).toEqual([
      ['TEXT', true],
      ['PICTURE', true],
      ['SOUND', true],
    ]);
  });

  it('of a trailer without words stores the vectors of picture and sound as the means of their moments', async () => {
    const id = await request(film);
    await run(id);
    const stored = await storedVectors((await read(id)).trailerId);
    expect(stored.find(({ signal }) => signal === 'TEXT')?.vector).toBeNull();
    for (const { vector, moments } of stored.filter(({ signal }) => signal !== 'TEXT')) {
      const shares = timeWeights(moments);
      const means = moments[0]?.vector.map((_, k) =>
        moments.reduce((sum, moment, i) => sum + shares[i]! * moment.vector[k]!, 0),
      );
      expect(distance(vector?.subarray(0, means?.length), means)).toBeLessThan(1e-5);
    }
  });

  it('finds the vectors again that an earlier version stored as text', async () => {
    const { prisma } = engine.database;
    const id = await request(film);
    await run(id);
    const { trailerId } = await read(id);
    const before = await storedVectors(trailerId);
    await prisma.$executeRaw`
      UPDATE "SignalVector" SET "vector" = convert_to(replace(encode("vector", 'base64'), chr(10), ''), 'UTF8')
      WHERE "trailerId" = ${trailerId}`;
    expect(await storedVectors(trailerId)).not.toEqual(before);
    const sql = await readFile('prisma/migrations/20261123063000_vectors_as_bytes/migration.sql', 'utf8');
    await engine.database.pool.query(sql);
    expect(await storedVectors(trailerId)).toEqual(before);
  });

  it('of content that is known skips every stage whose result is known', async () => {
    await run(await request(film, { subtitles: SUBTITLES }));
    const again = await request(film, { subtitles: SUBTITLES });
    expect(await run(again)).toBe('SUCCEEDED');
    expect(await cachedStages(again)).toEqual(['PROBE', 'DECODE', 'TRANSCRIBE', 'EMBED', 'TAG']);
  });

  it('of known content whose pictures were deleted makes them again', async () => {
    await run(await request(film, { subtitles: SUBTITLES }));
    const decoded = path.join(engine.config.dataFolder, 'decoded');
    await rm(decoded, { recursive: true });
    const id = await request(film, { subtitles: SUBTITLES });
    await run(id);
    expect(await cachedStages(id)).toEqual(['PROBE', 'TRANSCRIBE', 'EMBED', 'TAG']);
    const made = await readdir(decoded, { recursive: true });
    expect(made.filter((name) => name.endsWith('.jpg')).length).toBeGreaterThan(0);
  });

  it('of content that another one decodes at the same time waits for it instead of meeting it in one folder', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => request(film, { force: true })));
    expect(await Promise.all(ids.map(run))).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
  });

  it('whose title is deleted while it runs stops at the next look, and leaves nothing to do', async () => {
    const id = await request(film, { force: true });
    let stopped = false;
    const runner = faultyRunner(async (signal) => {
      await engine.database.prisma.title.deleteMany({
        where: { trailers: { some: { analyses: { some: { id } } } } },
      });
      await runner.abortUnwanted();
      stopped = signal.aborted;
      throw new Failure('CANCELLED', 'The work was cancelled.');
    });
    expect(await runner.run(id, { retries: true })).toBe('GONE');
    expect(stopped).toBe(true);
  });

  it('with other subtitles decodes nothing again, but embeds and tags anew', async () => {
    await run(await request(film, { subtitles: SUBTITLES }));
    const other = await request(film, { subtitles: SUBTITLES.replace('revenge', 'time') });
    expect(await run(other)).toBe('SUCCEEDED');
    expect(await cachedStages(other)).toEqual(['PROBE', 'DECODE']);
  });

  it('with force runs every stage once, and still resumes what it did itself', async () => {
    await run(await request(film, { subtitles: SUBTITLES }));
    const forced = await request(film, { subtitles: SUBTITLES, force: true });
    expect(await run(forced)).toBe('SUCCEEDED');
    expect(await cachedStages(forced)).toEqual([]);
  });

  it('that fails for a reason that stays is FAILED at once, with a code and a sentence', async () => {
    const id = await request(path.join(path.dirname(film), 'missing.mp4'));
    expect(await run(id)).toBe('FAILED');
    expect(await read(id)).toMatchObject({
      errorCode: 'SOURCE_NOT_FOUND',
      errorRetryable: false,
      prediction: null,
    });
  });

  it('that fails for a reason that may pass is tried three times, with a job for each next try', async () => {
    const runner = faultyRunner(() => Promise.reject(new Failure('WORKER_CRASHED', 'A thread died.')));
    const id = await request(film, { force: true });
    const outcomes = [];
    for (let i = 0; i < 3; i++) outcomes.push(await runner.run(id, { retries: true }));
    expect(outcomes).toEqual(['QUEUED', 'QUEUED', 'FAILED']);
    expect(await read(id)).toMatchObject({ failures: 3, errorCode: 'WORKER_CRASHED', errorRetryable: true });
  });

  it('whose process died ten times is FAILED instead of being started once more', async () => {
    const id = await request(film);
    await engine.database.prisma.analysis.update({ where: { id }, data: { state: 'RUNNING', crashes: 9 } });
    expect(await run(id)).toBe('FAILED');
    expect(await read(id)).toMatchObject({ errorCode: 'WORKER_CRASHED' });
  });
});

describe('cancelling a RUNNING analysis', () => {
  it.each(STAGES.map(({ name }) => name).filter((name) => name !== 'PUBLISH'))(
    'in %s ends it CANCELLED within 2 s',
    async (stage) => {
      const id = await request(film, { force: true });
      let askedAt = 0;
      // Tagging may be over before it can be cancelled: it waits for that here.
      let asked = () => {};
      const wasAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const { run: runTask } = engine.threads;
      const held = vi.spyOn(engine.threads, 'run').mockImplementation(async (task, input, options) => {
        if (task === 'tag' && stage === 'TAG') await wasAsked;
        return runTask.call(engine.threads, task, input, options);
      });
      onTestFinished(() => held.mockRestore());
      const running = run(id);
      for await (const event of engine.analyses.events(id, 0, forever)) {
        if (event.stage !== stage || askedAt > 0) continue;
        askedAt = performance.now();
        await engine.analyses.cancel(id);
        asked();
      }
      expect(await running).toBe('CANCELLED');
      expect(performance.now() - askedAt).toBeLessThan(2_000);
      expect(await read(id)).toMatchObject({ state: 'CANCELLED', prediction: null });
    },
  );

  it('whose process never hears of it ends it CANCELLED too, before anything is published', async () => {
    const id = await request(film, { force: true });
    const { prisma } = engine.database;
    const deaf = new AnalysisRunner({ ...engine, prisma, log: silent }, noNotifications());
    const running = deaf.run(id, { retries: true });
    await stageSeen(id, 'DECODE');
    await engine.analyses.cancel(id);
    expect(await running).toBe('CANCELLED');
    expect(await read(id)).toMatchObject({ state: 'CANCELLED', prediction: null });
  });
});

describe('a graceful shutdown', () => {
  it('stops running analyses and hands them back; another process ends them', async () => {
    const parts = { prisma: engine.database.prisma, pool: engine.database.pool, log: silent };
    const pipeline = { ...engine, prisma: parts.prisma, log: silent };
    const id = await request(film, { force: true });
    const first = new Queue(parts, new AnalysisRunner(pipeline, noNotifications()), engine.learner, 1);
    await first.start('worker');
    await stageSeen(id, 'DECODE');
    await first.stop();
    expect(await read(id)).toMatchObject({ state: 'QUEUED' });
    const second = new Queue(parts, new AnalysisRunner(pipeline, noNotifications()), engine.learner, 1);
    await second.start('worker');
    const events = await eventsOf(id);
    await second.stop();
    expect(events.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
    expect(events.map(({ number }) => number)).toEqual(oneTo(events.length));
  });
});

function noNotifications() {
  return { on: () => () => undefined } as never;
}

async function stageSeen(id: string, stage: string): Promise<void> {
  for await (const event of engine.analyses.events(id, 0, forever)) if (event.stage === stage) return;
}

/** Stages in the order of their first event. */
function stagesIn(events: AnalysisEvent[]): string[] {
  return [...new Set(events.flatMap(({ stage }) => stage ?? []))];
}
