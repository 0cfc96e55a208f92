import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceRun } from '../../src/analysis/learning/run-log.js';
import { newId } from '../../src/catalog/id.js';
import type { LearningState } from '../../src/generated/prisma/enums.js';
import { writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type RunningServer, runServer } from '../http/running-server.js';

let server: RunningServer;
let predictionIds: string[];
let uploadId: string;
beforeAll(async () => {
  server = await runServer((config) => ({
    apiKeys: [
      { name: 'engineer', role: 'admin', secret: 's'.repeat(16) },
      { name: 'desk', role: 'editor', secret: 't'.repeat(16) },
    ],
    host: config.host,
  }));
  const { prisma } = server.database;
  await writeLabels(prisma);
  ({ predictionIds } = await writeAnalysedTitles(prisma, 3));
  uploadId = newId('upload');
  await prisma.upload.create({
    data: { id: uploadId, contentHash: 'b'.repeat(64), bytes: 1n, fileName: 'rows.jsonl' },
  });
});
afterAll(() => server.close());

const ENGINEER = { authorization: `Bearer ${'s'.repeat(16)}` };
const EDITOR = { authorization: `Bearer ${'t'.repeat(16)}` };

const TRAIN = `mutation ($input: TrainClassifierInput!) { trainClassifier(input: $input) {
  created training { id state name progress requestedBy request classifier { id } } errors { code path message } } }`;
const ACTIVATE = `mutation ($id: ID!) { activateClassifier(input: { id: $id }) {
  classifier { active } retagging { id state classifier { id } } errors { code path message } } }`;
const QUEUE = `query ($first: Int!, $after: String, $group: LabelGroupKind) {
  reviewQueue(first: $first, after: $after, group: $group) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { margin prediction { id trailer { title { name } } } tag { probability threshold label { id group } flip { logOdds moments } } } } }`;

async function ask(query: string, variables: object, headers: Record<string, string> = ENGINEER) {
  const { data, errors } = await server.graphql(query, variables, headers);
  expect(errors).toBeUndefined();
  return data;
}

interface ReviewQueue {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string };
  nodes: { margin: number; tag: { probability: number; threshold: number; label: { id: string } } }[];
}

const train = async (input: object = {}) =>
  (await ask(TRAIN, { input: { name: 'Mine', source: { uploadId }, ...input } })).trainClassifier;

describe('trainClassifier', () => {
  it('answers at once with a training that waits, and says what was asked for', async () => {
    const { training, created, errors } = await train({
      groups: ['GENRE'],
      aim: { precision: 0.8 },
      seed: 5,
    });
    expect(errors).toEqual([]);
    expect(created).toBe(true);
    expect(training).toMatchObject({
      ...{ state: 'QUEUED', name: 'Mine', progress: 0, requestedBy: 'engineer', classifier: null },
      request: { groups: ['genre'], aim: { kind: 'precision', floor: 0.8 }, seed: 5, head: 'auto' },
    });
  });

  it.each([
    ['an upload that is not there', { source: { uploadId: 'upload_x' } }, 'NOT_FOUND'],
    ['no rows at all', { source: { catalog: false } }, 'BAD_INPUT'],
    ['an empty name', { name: ' ' }, 'BAD_INPUT'],
    ['no aim at all', { aim: { bestF1: false } }, 'BAD_INPUT'],
    ['a precision that nothing reaches', { aim: { precision: 1 } }, 'BAD_INPUT'],
  ])('refuses %s as data', async (_what, input, code) => {
    const { training, errors } = await train(input);
    expect(training ?? null).toBeNull();
    expect(errors).toMatchObject([{ code }]);
  });

  it('names the part of the input that is meant as its sender does', async () => {
    const { errors } = await train({ aim: { precision: 1 } });
    expect(errors).toMatchObject([
      { path: ['aim', 'precision'], message: expect.stringContaining('below 1') },
    ]);
  });

  it('needs the role admin, as does activating', async () => {
    const input = { name: 'Mine', source: { uploadId } };
    for (const [query, variables] of [
      [TRAIN, { input }],
      [ACTIVATE, { id: 'classifier_x' }],
    ] as const) {
      const { errors } = await server.graphql(query, variables, EDITOR);
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });
});

describe('trainingEvents', () => {
  it('replays what was behind `after`, goes on live, and ends behind the terminal event', async () => {
    const { training } = await train();
    const report = (state: LearningState, done: number) =>
      server.database.prisma.$transaction((tx) =>
        advanceRun(tx, { where: { id: training.id }, data: { state }, stage: 'Reading', done, total: 10 }),
      );
    await report('RUNNING', 0);
    await report('RUNNING', 5);
    const client = server.client({ connectionParams: ENGINEER });
    const query = `subscription ($id: ID!, $after: Int!) {
      trainingEvents(id: $id, after: $after) { number state stage done total } }`;
    const numbers: number[] = [];
    let last: unknown;
    for await (const { data, errors } of client.iterate({
      query,
      variables: { id: training.id, after: 1 },
    })) {
      expect(errors).toBeUndefined();
      last = data?.trainingEvents;
      numbers.push((last as { number: number }).number);
      if (numbers.at(-1) === 3) await report('SUCCEEDED', 10);
    }
    expect(numbers).toEqual([2, 3, 4]);
    expect(last).toMatchObject({ state: 'SUCCEEDED', stage: 'Reading', done: 10, total: 10 });
  });
});

describe('activateClassifier', () => {
  it('refuses one whose encoders are not the server’s with a code of its own', async () => {
    const id = newId('classifier');
    await server.database.prisma.classifier.create({
      data: { id, pack: 'compact', name: 'Foreign', fingerprint: 'x@1', figures: {}, models: ['text@2'] },
    });
    const { activateClassifier } = await ask(ACTIVATE, { id });
    expect(activateClassifier).toMatchObject({
      classifier: null,
      retagging: null,
      errors: [{ code: 'CLASSIFIER_INCOMPATIBLE', path: ['id'] }],
    });
  });

  it('switches at once, and tells of the re-tagging that follows', async () => {
    const id = newId('classifier');
    await server.database.prisma.classifier.create({
      data: { id, pack: 'compact', name: 'Fits', fingerprint: 'x@2', figures: {}, models: ['text@1'] },
    });
    const { activateClassifier } = await ask(ACTIVATE, { id });
    expect(activateClassifier).toMatchObject({
      ...{ classifier: { active: true }, errors: [] },
      retagging: { state: 'QUEUED', classifier: { id } },
    });
    const { classifiers } = await ask('{ classifiers { id active retagging { id } } }', {});
    expect(classifiers.filter(({ active }: { active: boolean }) => active)).toEqual([
      { id, active: true, retagging: { id: activateClassifier.retagging.id } },
    ]);
  });
});

describe('reviewQueue', () => {
  async function allPages(): Promise<ReviewQueue['nodes']> {
    const seen: ReviewQueue['nodes'] = [];
    let after: string | null = null;
    do {
      const page: { reviewQueue: ReviewQueue } = await ask(QUEUE, { first: 4, after });
      const { nodes, totalCount, pageInfo } = page.reviewQueue;
      expect(totalCount).toBe(18);
      seen.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    return seen;
  }

  it('begins with the tag that is nearest to its threshold, page after page without a repetition', async () => {
    const seen = await allPages();
    expect(seen).toHaveLength(18);
    expect(new Set(seen.map((item) => JSON.stringify(item))).size).toBe(18);
    const margins = seen.map(({ margin }) => margin);
    expect(margins).toEqual([...margins].sort((a, b) => a - b));
    const [first] = seen;
    const odds = (p: number) => Math.log(p / (1 - p));
    expect(first?.margin).toBeCloseTo(odds(first?.tag.probability ?? 0) - odds(first?.tag.threshold ?? 0), 9);
  });

  it('is the same where a page is full of nearly undecided tags, and goes on behind them', async () => {
    const tags = async () => (await allPages()).map(({ tag }) => [tag.label.id, tag.probability]);
    const before = await tags();
    const { pool } = server.database;
    await pool.query('UPDATE "Tag" SET "margin" = "margin" * 0.09');
    const { rows } = await pool.query('SELECT count(*)::int AS "undecided" FROM "Tag" WHERE "margin" < 0.1');
    expect(rows).toEqual([{ undecided: 6 }]);
    expect(await tags()).toEqual(before);
    await pool.query('UPDATE "Tag" SET "margin" = "margin" / 0.09');
  });

  it('leaves out what was judged, and gives it back when the verdict is undone', async () => {
    const next = async () => (await ask(QUEUE, { first: 1 })).reviewQueue.nodes[0];
    const item = await next();
    const { reviewTag } = await ask(
      `mutation ($input: ReviewTagInput!) { reviewTag(input: $input) { review { id } errors { code } } }`,
      { input: { predictionId: item.prediction.id, label: item.tag.label.id, verdict: 'ACCEPT' } },
      EDITOR,
    );
    expect(await next()).not.toEqual(item);
    await ask(
      'mutation ($id: ID!) { undoReview(input: { reviewId: $id }) { errors { code } } }',
      { id: reviewTag.review.id },
      EDITOR,
    );
    expect(await next()).toEqual(item);
  });

  it('keeps to a group', async () => {
    const { reviewQueue } = await ask(QUEUE, { first: 5, group: 'MOOD' });
    expect(reviewQueue).toMatchObject({ totalCount: 0, nodes: [] });
  });
});

describe('a tag', () => {
  it('says what it would take to decide otherwise', async () => {
    const { node } = await ask(
      'query ($id: ID!) { node(id: $id) { ... on Prediction { tags { state probability flip { logOdds moments } } } } }',
      { id: predictionIds[0] },
    );
    const margin = (p: number) => Math.abs(Math.log(p / (1 - p)));
    const [first] = node.tags;
    expect(first.flip.logOdds).toBeCloseTo(margin(0.9), 9);
    expect(first.flip.moments, 'the two moments give 3 of 2.2').toBe(2);
    expect(node.tags.at(-1)).toMatchObject({ state: 'BELOW_THRESHOLD', flip: { moments: null } });
  });
});
