import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { advance } from '../../src/analysis/event-log.js';
import { newId } from '../../src/catalog/id.js';
import type { AnalysisState } from '../../src/generated/prisma/enums.js';
import { writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type RunningServer, runServer } from '../http/running-server.js';

let server: RunningServer;
let titleId: string;
beforeAll(async () => {
  server = await runServer();
  await writeLabels(server.database.prisma);
});
afterAll(() => server.close());
beforeEach(async () => {
  titleId = newId('title');
  await server.database.prisma.title.create({ data: { id: titleId, name: 'A title' } });
});

const ANALYZE = `mutation ($input: AnalyzeTrailerInput!) { analyzeTrailer(input: $input) {
  created analysis { id state priority lastEvent progress trailer { title { id } source { kind locator } } } errors { code path message } } }`;
const CANCEL =
  'mutation ($id: ID!) { cancelAnalysis(input: { id: $id }) { analysis { state } errors { code } } }';
const RETRY =
  'mutation ($id: ID!) { retryAnalysis(input: { id: $id }) { analysis { state lastEvent } errors { code } } }';
const EVENTS = `subscription ($id: ID!, $after: Int!) { analysisEvents(id: $id, after: $after) {
  number kind state progress analysis { id state } } }`;

async function analyze(input: object = {}) {
  const { data, errors } = await server.graphql(ANALYZE, {
    input: { titleId, source: { path: 'a.mp4' }, ...input },
  });
  expect(errors).toBeUndefined();
  return data.analyzeTrailer;
}

/** What a worker would write. */
async function report(id: string, state: AnalysisState, progress: number): Promise<void> {
  await server.database.prisma.$transaction((tx) =>
    advance(tx, { where: { id }, data: { state }, kind: 'STATE', progress }),
  );
}

interface Event {
  number: number;
  state: string;
  progress: number;
  analysis: { state: string };
}

/** The events of a subscription; `onEvent` may stop it by answering false. */
async function follow(
  id: string,
  after: number,
  onEvent: (event: Event) => unknown = () => undefined,
): Promise<Event[]> {
  const client = server.client();
  const events: Event[] = [];
  for await (const { data, errors } of client.iterate<{ analysisEvents: Event }>({
    query: EVENTS,
    variables: { id, after },
  })) {
    expect(errors).toBeUndefined();
    if (!data) continue;
    events.push(data.analysisEvents);
    if ((await onEvent(data.analysisEvents)) === false) break;
  }
  return events;
}

describe('analyzeTrailer', () => {
  it('answers at once with an analysis that waits', async () => {
    const { analysis, created, errors } = await analyze({ priority: 3 });
    expect(errors).toEqual([]);
    expect(created).toBe(true);
    expect(analysis).toMatchObject({
      state: 'QUEUED',
      priority: 3,
      progress: 0,
      trailer: { title: { id: titleId }, source: { kind: 'PATH', locator: 'a.mp4' } },
    });
  });

  it('gives back the same analysis for the same idempotency key', async () => {
    const first = await analyze({ idempotencyKey: titleId });
    const second = await analyze({ idempotencyKey: titleId });
    expect(second).toMatchObject({ created: false, analysis: { id: first.analysis.id } });
    const other = await analyze({ idempotencyKey: titleId, source: { path: 'b.mp4' } });
    expect(other).toMatchObject({ analysis: null, errors: [{ code: 'CONFLICT', path: ['idempotencyKey'] }] });
  });

  it.each([
    ['a title that is not there', { titleId: 'title_0' }, 'NOT_FOUND', ['titleId']],
    [
      'an upload that is not there',
      { source: { uploadId: 'upload_0' } },
      'NOT_FOUND',
      ['source', 'uploadId'],
    ],
    ['subtitles that are none', { subtitles: '1\n00:00:xx --> 2\nHi' }, 'SUBTITLES_INVALID', ['subtitles']],
    ['a path that no disk has', { source: { path: 'x'.repeat(5_000) } }, 'BAD_INPUT', ['source', 'path']],
    ['an empty address', { source: { url: ' ' } }, 'BAD_INPUT', ['source', 'url']],
  ])('refuses %s, as data', async (_what, input, code, path) => {
    const { analysis, errors } = await analyze(input);
    expect(analysis).toBeNull();
    expect(errors).toMatchObject([{ code, path }]);
  });

  it('takes exactly one source', async () => {
    for (const source of [{}, { path: 'a', url: 'b' }, { path: null }]) {
      const { status, errors } = await server.graphql(ANALYZE, { input: { titleId, source } });
      expect(status).toBe(400);
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('cancelAnalysis and retryAnalysis', () => {
  it('end a waiting analysis and queue it again', async () => {
    const { analysis } = await analyze();
    expect((await server.graphql(RETRY, { id: analysis.id })).data.retryAnalysis.errors).toEqual([
      { code: 'CONFLICT' },
    ]);
    const cancelled = await server.graphql(CANCEL, { id: analysis.id });
    expect(cancelled.data.cancelAnalysis).toEqual({ analysis: { state: 'CANCELLED' }, errors: [] });
    expect((await server.graphql(CANCEL, { id: analysis.id })).data.cancelAnalysis.errors).toEqual([
      { code: 'CONFLICT' },
    ]);
    const retried = await server.graphql(RETRY, { id: analysis.id });
    expect(retried.data.retryAnalysis).toEqual({ analysis: { state: 'QUEUED', lastEvent: 3 }, errors: [] });
  });

  it('answer as data for an analysis that is not there', async () => {
    for (const [mutation, name] of [
      [CANCEL, 'cancelAnalysis'],
      [RETRY, 'retryAnalysis'],
    ] as const) {
      const { data } = await server.graphql(mutation, { id: newId('analysis') });
      expect(data[name]).toMatchObject({ analysis: null, errors: [{ code: 'NOT_FOUND' }] });
    }
  });
});

describe('analyses', () => {
  it('are listed newest first, by state, in pages that hold each once', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await analyze({ source: { path: `${i}.mp4` } })).analysis.id);
    await server.graphql(CANCEL, { id: made[2] });
    const query = `query ($after: String, $states: [AnalysisState!]) {
      analyses(first: 2, after: $after, states: $states) { nodes { id } totalCount pageInfo { hasNextPage endCursor } } }`;
    const found: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await server.graphql(query, { after });
      found.push(...data.analyses.nodes.map((node: { id: string }) => node.id));
      after = data.analyses.pageInfo.hasNextPage ? data.analyses.pageInfo.endCursor : null;
    } while (after);
    expect(found.slice(0, 5)).toEqual([...made].reverse());
    expect(new Set(found).size).toBe(found.length);
    const { data } = await server.graphql(query, { states: ['CANCELLED'] });
    expect(data.analyses.nodes[0].id).toBe(made[2]);
  });

  it('of a trailer and trailers of a title come in pages of their own', async () => {
    for (let i = 0; i < 3; i++) await analyze();
    await analyze({ source: { path: 'b.mp4' } });
    const query = `query ($id: ID!, $after: String) { title(id: $id) { trailers(first: 1, after: $after) { totalCount
      pageInfo { hasNextPage endCursor } nodes { source { locator } analyses(first: 2) { totalCount nodes { id } pageInfo { hasNextPage } } } } } }`;
    const first = (await server.graphql(query, { id: titleId })).data.title.trailers;
    expect(first).toMatchObject({
      totalCount: 2,
      pageInfo: { hasNextPage: true },
      nodes: [{ source: { locator: 'b.mp4' } }],
    });
    const second = (await server.graphql(query, { id: titleId, after: first.pageInfo.endCursor })).data.title
      .trailers;
    expect(second).toMatchObject({
      pageInfo: { hasNextPage: false },
      nodes: [
        {
          source: { locator: 'a.mp4' },
          analyses: { totalCount: 3, nodes: [{}, {}], pageInfo: { hasNextPage: true } },
        },
      ],
    });
  });

  it('tell why they failed', async () => {
    const { analysis } = await analyze();
    await server.database.prisma.analysis.update({
      where: { id: analysis.id },
      data: {
        state: 'FAILED',
        errorCode: 'MEDIA_UNREADABLE',
        errorMessage: 'No video.',
        errorRetryable: false,
      },
    });
    const { data } = await server.graphql(
      'query ($id: ID!) { analysis(id: $id) { error { code message retryable } } }',
      { id: analysis.id },
    );
    expect(data.analysis.error).toEqual({ code: 'MEDIA_UNREADABLE', message: 'No video.', retryable: false });
  });
});

describe('analysisEvents', () => {
  it('replays what was, goes on live, and ends behind the terminal event', async () => {
    const { analysis } = await analyze();
    await report(analysis.id, 'RUNNING', 0.2);
    const events = await follow(analysis.id, 0, async ({ number }) => {
      if (number === 2) await report(analysis.id, 'RUNNING', 0.6);
      if (number === 3) await report(analysis.id, 'SUCCEEDED', 1);
    });
    expect(events.map(({ number, state, progress }) => [number, state, progress])).toEqual([
      [1, 'QUEUED', 0],
      [2, 'RUNNING', 0.2],
      [3, 'RUNNING', 0.6],
      [4, 'SUCCEEDED', 1],
    ]);
    expect(events.at(-1)?.analysis.state).toBe('SUCCEEDED'); // read anew for each event
  });

  it('misses nothing and repeats nothing when a client comes back with `after`', async () => {
    const { analysis } = await analyze();
    for (const progress of [0.1, 0.2, 0.3]) await report(analysis.id, 'RUNNING', progress);
    const before = await follow(analysis.id, 0, ({ number }) => number < 2);
    await report(analysis.id, 'RUNNING', 0.5);
    await report(analysis.id, 'FAILED', 0.5);
    const rest = await follow(analysis.id, before.at(-1)?.number ?? 0);
    expect([...before, ...rest].map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await follow(analysis.id, 6)).toEqual([]);
  });

  it('says that there is no such analysis, and that a number cannot be negative', async () => {
    const errorOf = (variables: Record<string, unknown>) =>
      new Promise((resolve) => {
        server
          .client()
          .subscribe(
            { query: EVENTS, variables },
            { next: ({ errors }) => resolve(errors), error: resolve, complete: () => resolve(null) },
          );
      });
    expect(await errorOf({ id: newId('analysis'), after: 0 })).toMatchObject([
      { extensions: { code: 'NOT_FOUND' } },
    ]);
    expect(await errorOf({ id: newId('analysis'), after: -1 })).toMatchObject([
      { extensions: { code: 'BAD_INPUT' } },
    ]);
  });
});

describe('predictionPublished', () => {
  it('tells of the predictions whose title passes the filter', async () => {
    const { prisma, pool } = server.database;
    const { predictionIds, titleIds } = await writeAnalysedTitles(prisma, 3);
    await prisma.title.update({ where: { id: titleIds[1] as string }, data: { name: 'The one' } });
    const client = server.client();
    const query =
      'subscription { predictionPublished(filter: { name: { startsWith: "the" } }) { id trailer { title { name } } } }';
    const published = client.iterate<{ predictionPublished: { id: string } }>({ query });
    const listening = new Promise<void>((resolve) => {
      const { analyses } = server.app;
      const listen = analyses.publishedPredictions.bind(analyses);
      vi.spyOn(analyses, 'publishedPredictions').mockImplementationOnce((signal) => {
        resolve();
        return listen(signal);
      });
    });
    const first = published.next();
    await listening;
    for (const id of predictionIds) await pool.query(`SELECT pg_notify('marquee_prediction', $1)`, [id]);
    const { value } = await first;
    await published.return?.();
    expect(value.data.predictionPublished).toEqual({
      id: predictionIds[1],
      trailer: { title: { name: 'The one' } },
    });
  });
});
