import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { retagPage } from '../../src/analysis/learning/retag-page.js';
import type { TrainingRequest } from '../../src/analysis/learning/training-request.js';
import { newId } from '../../src/catalog/id.js';
import { createLoaders } from '../../src/catalog/loaders.js';
import { reviewTag } from '../../src/catalog/reviews.js';
import { vectorBytes } from '../../src/catalog/vector-bytes.js';
import { type Engine, openEngine } from '../../src/engine.js';
import type { Tagger } from '../../src/tagging/tagger.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { writeAnalysedTitles } from '../http/catalog-rows.js';
import { renderFilm, SUBTITLES } from './film.js';
import { silent } from './harness.js';
import { genreRows, uploadRows } from './learning-rows.js';

let testDatabase: TestDatabase;
let engine: Engine;
let film: string;
let uploadId: string;
const forever = new AbortController().signal;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const [mediaRoot = ''] = testDatabase.config.mediaRoots;
  await mkdir(mediaRoot, { recursive: true });
  film = await renderFilm(path.join(mediaRoot, 'film.mp4'));
  engine = await openEngine({ ...testDatabase.config, threads: 1 }, silent);
  await engine.loaded;
  uploadId = await uploadRows(engine.database.prisma, engine.config, genreRows(240));
});
afterAll(async () => {
  await engine?.close();
  await testDatabase?.close();
});

const requestFor = (change: Partial<TrainingRequest> = {}): TrainingRequest => ({
  name: 'Two genres',
  source: { kind: 'UPLOAD', uploadId },
  head: 'linear',
  groups: [],
  seed: 1,
  aim: { kind: 'best-f1' },
  ...change,
});

/** Trains in this process. @returns the run as it ended */
async function train(change: Partial<TrainingRequest> = {}) {
  const { training } = await engine.learning.trainings.request(requestFor(change), { requestedBy: 'test' });
  await engine.learner.run(training.id);
  return engine.database.prisma.learningRun.findUniqueOrThrow({
    where: { id: training.id },
    include: { events: { orderBy: { number: 'asc' } }, classifier: true },
  });
}

async function analyse(): Promise<{ analysisId: string; predictionId: () => Promise<string> }> {
  const titleId = newId('title');
  await engine.database.prisma.title.create({ data: { id: titleId, name: 'A film', genres: [] } });
  const { analysis } = await engine.analyses.request({
    titleId,
    source: { kind: 'PATH', path: film },
    subtitles: SUBTITLES,
  });
  return {
    analysisId: analysis.id,
    predictionId: async () => {
      const where = { analysisId: analysis.id };
      return (await engine.database.prisma.prediction.findUniqueOrThrow({ where })).id;
    },
  };
}

let trained: Promise<string> | null = null;
/** One that every test may activate. */
const trainedId = () => (trained ??= train().then(({ classifierId }) => classifierId ?? ''));

/** Activates, and tags the catalog in this process. */
async function activate(id: string) {
  const { retagging } = await engine.learning.activations.activate(id, 'test');
  await engine.learner.run(retagging.id);
  return engine.database.prisma.learningRun.findUniqueOrThrow({
    where: { id: retagging.id },
    include: { events: { orderBy: { number: 'asc' } } },
  });
}

const tagsOf = (predictionId: string) => createLoaders(engine.database.prisma).tags.load(predictionId);
const activeId = async () =>
  (await engine.database.prisma.classifier.findFirstOrThrow({ where: { active: true } })).id;

describe('a training', () => {
  it('leaves a version with its figures, its data and its parent, and tells of its stages without a gap', async () => {
    const shipped = await activeId();
    const run = await train();
    expect(run.errorMessage).toBeNull();
    expect(run.state).toBe('SUCCEEDED');
    expect(run.classifier).toMatchObject({
      ...{ name: 'Two genres', active: false, parentId: shipped, author: 'test', pack: 'compact' },
      dataFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Object.keys(run.classifier?.figures ?? {}).length).toBeGreaterThan(0);
    expect(run.events.map(({ number }) => number)).toEqual(run.events.map((_, i) => i + 1));
    expect(new Set(run.events.map(({ stage }) => stage)).size).toBeGreaterThan(2);
    expect(run.events.at(-1)).toMatchObject({
      state: 'SUCCEEDED',
      message: expect.stringMatching(
        /ready; .* too little of 19 labels of its groups .*: the classifier of the pack goes on/,
      ),
    });
  });

  it('on the same rows with the same seed comes to the same version', async () => {
    const [first, second] = [await train(), await train()];
    expect(second.classifierId).toBe(first.classifierId);
    const other = await train({ seed: 2 });
    expect(other.classifierId).not.toBe(first.classifierId);
  });

  it('fails with a sentence about the file that was sent, not about where it lies', async () => {
    const broken = await uploadRows(engine.database.prisma, engine.config, [{ id: 1, labels: 7 }]);
    const run = await train({ source: { kind: 'UPLOAD', uploadId: broken } });
    expect(run).toMatchObject({ state: 'FAILED', errorCode: 'BAD_INPUT' });
    expect(run.errorMessage).toContain('rows.jsonl.gz, line 1');
    expect(run.errorMessage).not.toContain(engine.config.dataFolder);
  });

  it('refuses rows with vectors of another width than the catalog has', async () => {
    const { prisma } = engine.database;
    const [titleId, trailerId] = [newId('title'), newId('trailer')];
    await prisma.title.create({ data: { id: titleId, name: 'A film', genres: [] } });
    onTestFinished(async () => void (await prisma.title.delete({ where: { id: titleId } })));
    await prisma.trailer.create({
      data: { id: trailerId, titleId, sourceKind: 'PATH', sourceLocator: film },
    });
    await prisma.signalVector.create({
      data: {
        ...{ id: newId('vectors'), trailerId, signal: 'SOUND', model: engine.pack.vectors.SOUND! },
        ...{ vector: vectorBytes(Float32Array.of(1, 2, 3, 4)), measures: {} },
      },
    });
    const rows = genreRows(4).map((row) => ({ ...row, vectors: { SOUND: [1, 2, 3] } }));
    const narrow = await uploadRows(prisma, engine.config, rows);
    const run = await train({ source: { kind: 'UPLOAD', uploadId: narrow } });
    expect(run).toMatchObject({
      errorCode: 'BAD_INPUT',
      errorMessage: expect.stringMatching(
        /^Row row-0 has a SOUND vector of 3 numbers, the catalog's have 4: /,
      ),
    });
  });

  it('that waits is cancelled at once; one that has ended cannot be', async () => {
    const { training } = await engine.learning.trainings.request(requestFor(), { requestedBy: 'test' });
    const cancelled = await engine.learning.trainings.cancel(training.id);
    expect(cancelled.state).toBe('CANCELLED');
    await expect(engine.learning.trainings.cancel(training.id)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('that runs ends CANCELLED when it is asked to', async () => {
    const many = await uploadRows(engine.database.prisma, engine.config, genreRows(3_000));
    const request = requestFor({ source: { kind: 'UPLOAD', uploadId: many } });
    const { training } = await engine.learning.trainings.request(request, { requestedBy: 'test' });
    const running = engine.learner.run(training.id);
    for await (const { stage } of engine.learning.trainings.events(training.id, 0, forever)) {
      if (stage !== null) break;
    }
    await engine.learning.trainings.cancel(training.id);
    await running;
    const run = await engine.database.prisma.learningRun.findUniqueOrThrow({ where: { id: training.id } });
    expect(run.state).toBe('CANCELLED');
  });

  it('asked for twice with one key is one training', async () => {
    const key = { requestedBy: 'test', idempotencyKey: 'once' };
    const first = await engine.learning.trainings.request(requestFor(), key);
    const second = await engine.learning.trainings.request(requestFor(), key);
    expect(second).toMatchObject({ created: false, training: { id: first.training.id } });
    const other = engine.learning.trainings.request(requestFor({ seed: 9 }), key);
    await expect(other).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('activating a classifier', () => {
  it('tags the catalog anew and keeps reviews; activating the earlier one takes it back to the number', async () => {
    const shipped = await activeId();
    const { analysisId, predictionId } = await analyse();
    await engine.runner.run(analysisId, { retries: false });
    const id = await predictionId();
    const before = await tagsOf(id);
    const review = { predictionId: id, label: 'theme/revenge', verdict: 'REJECT' as const, reviewer: 'me' };
    await reviewTag(engine.database.prisma, review);

    const classifierId = await trainedId();
    const run = await activate(classifierId);
    expect(run).toMatchObject({ state: 'SUCCEEDED', kind: 'RETAGGING' });
    expect(run.events.at(-1)).toMatchObject({ done: 1, total: 1 });
    const after = await tagsOf(id);
    const genres = (tags: typeof after) => tags.filter(({ label }) => label.group === 'GENRE');
    expect(genres(after)).not.toEqual(genres(before));
    const moods = (tags: typeof after) =>
      tags.filter(({ label }) => label.group === 'MOOD').map((tag) => [tag.labelId, tag.state]);
    expect(moods(after), 'what was not learned stays as it was').toEqual(moods(before));
    const unlearned = (tags: typeof after) =>
      genres(tags)
        .filter(({ labelId }) => !['genre/western', 'genre/science-fiction'].includes(labelId))
        .map((tag) => [tag.labelId, tag.state]);
    expect(unlearned(before).length).toBeGreaterThan(15);
    expect(unlearned(after), 'nor does a genre change that no row has').toEqual(unlearned(before));
    const reviews = await engine.database.prisma.review.findMany({ where: { undoneAt: null } });
    expect(reviews).toMatchObject([{ predictionId: id, verdict: 'REJECT' }]);

    await activate(shipped);
    const back = await tagsOf(id);
    expect(back.map(({ labelId, state, weight }) => [labelId, state, weight])).toEqual(
      before.map(({ labelId, state, weight }) => [labelId, state, weight]),
    );
    for (const [i, tag] of back.entries()) expect(tag.probability).toBeCloseTo(before[i]!.probability, 5);
    const [nobody, explained] = await engine.learning.explain(['prediction_of_nobody', id]);
    expect(nobody?.size).toBe(0);
    const revenge = before.find(({ labelId }) => labelId === 'theme/revenge');
    expect(explained?.get('theme/revenge')?.evidence).toEqual(revenge?.evidence);
  });

  it('lets an analysis that has begun keep its version, and tags its prediction anew behind it', async () => {
    const shipped = await activeId();
    const classifierId = await trainedId();
    const { analysisId, predictionId } = await analyse();
    const { prisma } = engine.database;
    await prisma.analysis.update({ where: { id: analysisId }, data: { classifierId: shipped } });
    await activate(classifierId);
    await engine.runner.run(analysisId, { retries: false });
    const read = async () =>
      (await prisma.prediction.findUniqueOrThrow({ where: { id: await predictionId() } })).classifierId;
    expect(await read()).toBe(shipped);
    const waiting = await prisma.learningRun.findFirstOrThrow({
      where: { kind: 'RETAGGING', state: 'QUEUED' },
    });
    await engine.learner.run(waiting.id);
    expect(await read()).toBe(classifierId);
    await activate(shipped);
  });

  it('leaves a trailer alone whose vectors other encoders made, and says so', async () => {
    const shipped = await activeId();
    const classifierId = await trainedId();
    const { analysisId, predictionId } = await analyse();
    await engine.runner.run(analysisId, { retries: false });
    const { prisma } = engine.database;
    const { trailerId } = await prisma.analysis.findUniqueOrThrow({ where: { id: analysisId } });
    for (const signal of ['TEXT', 'PICTURE', 'SOUND'] as const) {
      await prisma.signalVector.updateMany({ where: { trailerId, signal }, data: { model: 'other@1' } });
    }
    const before = await tagsOf(await predictionId());
    const run = await activate(classifierId);
    expect(run.events.at(-1)?.message).toContain('1 kept theirs');
    expect(await tagsOf(await predictionId())).toEqual(before);
    await activate(shipped);
  });

  it('passes over a title that is deleted while its page is tagged, and tags the others of the page', async () => {
    const { prisma } = engine.database;
    const { predictionIds, titleIds } = await writeAnalysedTitles(prisma, 2);
    const trailers = await prisma.trailer.findMany({ where: { titleId: { in: titleIds } } });
    await prisma.signalVector.createMany({
      data: trailers.map(({ id: trailerId }) => ({
        ...{ id: newId('vectors'), trailerId, signal: 'TEXT' as const, model: 'text@1', measures: {} },
      })),
    });
    const classifierId = await activeId();
    const run = { id: newId('retagging'), attempt: 1 };
    await prisma.learningRun.create({
      data: {
        ...run,
        kind: 'RETAGGING',
        state: 'RUNNING',
        pack: 'compact',
        classifierId,
        requestedBy: 'test',
      },
    });
    const decide = async () => {
      await prisma.title.deleteMany({ where: { id: titleIds[0]! } });
      return [
        { label: 'genre/war', probability: 0.9, threshold: 0.5, state: 'ACCEPTED' as const, weight: null },
      ];
    };
    const tagger = { reads: 'VECTORS', decide } as unknown as Tagger;
    const client = new pg.Client({ connectionString: testDatabase.url });
    await client.connect();
    onTestFinished(() => client.end());
    const page = { predictionIds, classifierId, encoders: ['text@1'], run };
    expect(await retagPage(client, tagger, page)).toEqual({ tagged: 1, skipped: 0, isWanted: true });
    const tags = await prisma.tag.findMany({ where: { predictionId: { in: predictionIds } } });
    expect(tags).toMatchObject([{ predictionId: predictionIds[1], labelId: 'genre/war' }]);
  });

  it('ends the re-tagging by the one before', async () => {
    const shipped = await activeId();
    const classifierId = await trainedId();
    const { retagging } = await engine.learning.activations.activate(classifierId, 'test');
    await activate(shipped);
    const ended = await engine.database.prisma.learningRun.findUniqueOrThrow({ where: { id: retagging.id } });
    expect(ended.state).toBe('CANCELLED');
    expect(await activeId()).toBe(shipped);
  });

  it('asked for of several at the same time leaves one active, and one re-tagging: by that one', async () => {
    const { prisma } = engine.database;
    const shipped = await activeId();
    const ids = [await trainedId(), shipped, await trainedId(), shipped];
    const asked = await Promise.all(ids.map((id) => engine.learning.activations.activate(id, 'test')));
    const active = await prisma.classifier.findMany({ where: { active: true } });
    expect(active).toHaveLength(1);
    const waiting = await prisma.learningRun.findMany({ where: { kind: 'RETAGGING', state: 'QUEUED' } });
    expect(waiting.map(({ classifierId }) => classifierId)).toEqual([active[0]!.id]);
    for (const { retagging } of asked) await engine.learner.run(retagging.id);
    await activate(shipped);
  });

  it('of a classifier that is not there is refused', async () => {
    await expect(engine.learning.activations.activate(newId('classifier'), 'test')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('is refused for one that reads what other encoders write, and changes nothing', async () => {
    const shipped = await activeId();
    const id = newId('classifier');
    await engine.database.prisma.classifier.create({
      data: {
        ...{ id, pack: 'compact', name: 'Foreign', fingerprint: 'trained@0', figures: {} },
        models: ['other-text@1'],
      },
    });
    await expect(engine.learning.activations.activate(id, 'test')).rejects.toMatchObject({
      code: 'CLASSIFIER_INCOMPATIBLE',
      message: expect.stringContaining('other-text@1'),
    });
    expect(await activeId()).toBe(shipped);
  });
});
