import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startServer } from '../../src/http/server.js';
import { createTestDatabase } from '../database.js';
import { Door } from '../door.js';
import { writeAnalysedTitles, writeLabels } from './catalog-rows.js';
import { type RunningServer, runServer } from './running-server.js';

let server: RunningServer;
let logged: Record<string, unknown>[];
let isReady = true;
beforeAll(async () => {
  const lines = new PassThrough();
  logged = [];
  lines.on('data', (line) => logged.push(JSON.parse(String(line))));
  server = await runServer(undefined, {
    log: pino(lines),
    app: { ready: async () => ({ database: true, queue: isReady }) },
  });
  await writeLabels(server.database.prisma);
});
afterAll(() => server.close());

describe('health', () => {
  it('is told at /healthz, and readiness at /readyz part by part', async () => {
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ ok: true });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    isReady = false;
    const unready = await fetch(`${server.url}/readyz`);
    isReady = true;
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({ database: true, queue: false });
  });
});

describe('metrics', () => {
  it('count requests, operations, analyses and jobs, and measure the event loop', async () => {
    const { titleIds } = await writeAnalysedTitles(server.database.prisma, 2);
    await server.app.analyses.request({
      titleId: titleIds[0] ?? '',
      source: { kind: 'PATH', path: 'a.mp4' },
    });
    await server.graphql('{ __typename }');
    await server.graphql('{ nothing }');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const sample = (line: string) =>
      Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${line} `))
          ?.split(' ')[1],
      );
    expect(
      sample('marquee_http_request_duration_seconds_count{route="graphql",status="200"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(
      sample('marquee_graphql_operation_duration_seconds_count{kind="query",outcome="ok"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(sample('marquee_graphql_operation_duration_seconds_count{kind="unknown",outcome="error"}')).toBe(
      1,
    );
    expect(sample('marquee_analyses{state="SUCCEEDED"}')).toBe(2);
    expect(sample('marquee_analyses{state="QUEUED"}')).toBe(1);
    expect(sample('marquee_analyses{state="FAILED"}')).toBe(0);
    expect(sample('marquee_queue_depth')).toBe(1);
    expect(sample('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });
});

describe('every answer', () => {
  it('forbids a browser what the page does not need', async () => {
    const { headers } = await fetch(`${server.url}/healthz`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is JSON with a code where there is nothing', async () => {
    const response = await fetch(`${server.url}/nowhere`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });

  it.each([
    ['a body that is no JSON', '{', 400, 'BAD_INPUT'],
    ['a body that is too large', JSON.stringify({ query: ' '.repeat(5_000_000) }), 413, 'TOO_LARGE'],
    ['a document that does not parse', JSON.stringify({ query: '{' }), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', JSON.stringify({ query: '{ nothing }' }), 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable of the wrong type',
      JSON.stringify({ query: 'query ($id: ID!) { title(id: $id) { id } }', variables: { id: {} } }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a document with too many words',
      JSON.stringify({ query: `{ ${'a: __typename '.repeat(2_000)} }` }),
      400,
      'GRAPHQL_PARSE_FAILED',
    ],
    ['an empty request', '{}', 400, 'BAD_REQUEST'],
  ])('to %s says what is wrong', async (_what, body, status, code) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});

describe('a database that is away', () => {
  it('is told as DATABASE_UNAVAILABLE, and is missed no longer than it is', async () => {
    const database = await createTestDatabase();
    const { door, url } = await Door.to(database.url);
    const cut = await runServer(() => ({ databaseUrl: url }));
    const ask = () => cut.graphql('{ titles(first: 1) { totalCount } }');
    const create = () =>
      cut.graphql('mutation { createTitle(input: { name: "A" }) { title { id } errors { code } } }');
    expect((await ask()).errors).toBeUndefined();
    door.shut();
    const away = { extensions: { code: 'DATABASE_UNAVAILABLE', retryable: true } };
    for (const answer of [await ask(), await create(), await ask()])
      expect(answer.errors).toMatchObject([away]);
    door.open = true;
    expect((await create()).errors).toBeUndefined();
    expect((await ask()).data.titles.totalCount).toBe(1);
    await cut.close();
    door.close();
    await database.close();
  });
});

describe('an unexpected error', () => {
  it('is answered without internals, and logged with the number that the answer names', async () => {
    vi.spyOn(server.app.analyses, 'request').mockRejectedValueOnce(
      new Error('password=hunter2 at db.internal:5432'),
    );
    const { data, errors } = await server.graphql(
      'mutation { analyzeTrailer(input: { titleId: "0", source: { path: "a" } }) { errors { code } } }',
    );
    expect(data).toBeNull();
    const [error] = errors ?? [];
    expect(error?.extensions).toEqual({ code: 'INTERNAL', requestId: expect.any(String), retryable: true });
    expect(JSON.stringify(errors)).not.toMatch(/hunter2|db\.internal|stack|\.ts/);
    expect(error?.message).toContain(error?.extensions.requestId);
    const entry = logged.find((line) => line.requestId === error?.extensions.requestId && line.err);
    expect(JSON.stringify(entry)).toContain('hunter2');
  });

  it('is masked over WebSockets too', async () => {
    vi.spyOn(server.app.analyses, 'events').mockImplementationOnce(() => {
      throw new Error('hunter2');
    });
    const client = server.client();
    const answer = await new Promise<unknown>((resolve) => {
      client.subscribe(
        { query: 'subscription { analysisEvents(id: "0") { number } }' },
        { next: (result) => resolve(result.errors), error: resolve, complete: () => resolve(null) },
      );
    });
    expect(answer).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});

describe('the log', () => {
  it('carries the request and the analysis', async () => {
    const { titleIds } = await writeAnalysedTitles(server.database.prisma, 1);
    const { data } = await server.graphql(
      'mutation ($id: ID!) { analyzeTrailer(input: { titleId: $id, source: { path: "b" } }) { analysis { id } } }',
      { id: titleIds[0] },
    );
    const entry = logged.find((line) => line.analysisId === data.analyzeTrailer.analysis.id);
    expect(entry).toMatchObject({ requestId: expect.any(String), caller: 'local' });
    const answered = () =>
      logged.find(({ requestId, status }) => requestId === entry?.requestId && status === 200);
    await vi.waitFor(() => expect(answered()).toMatchObject({ path: '/graphql' }), { timeout: 15_000 });
  });
});

describe('pictures of shots', () => {
  it('are served by the name in the database, and can be cached', async () => {
    const { trailerIds } = await writeAnalysedTitles(server.database.prisma, 1);
    const folder = path.join(server.config.dataFolder, 'decoded', 'a'.repeat(64), 'thumbnails');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, '0.jpg'), 'a picture');
    const url = `${server.url}/thumbnails/${trailerIds[0]}/0.jpg`;
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'image/jpeg',
      'a picture',
    ]);
    expect(response.headers.get('cache-control')).toContain('max-age=300');
    // Unlike `fetch`, a browser sends the tag without forbidding the cache.
    const again = get(url, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
    const [unchanged] = await once(again, 'response');
    expect(unchanged.statusCode).toBe(304);
    unchanged.resume();
  });

  it('whose client goes away half-way are no fault of the server', async () => {
    const { trailerIds } = await writeAnalysedTitles(server.database.prisma, 1);
    const folder = path.join(server.config.dataFolder, 'decoded', 'a'.repeat(64), 'thumbnails');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, '0.jpg'), Buffer.alloc(30_000_000));
    const before = logged.length;
    const leaving = get(`${server.url}/thumbnails/${trailerIds[0]}/0.jpg`);
    const [response] = await once(leaving, 'response');
    await once(response, 'data');
    leaving.destroy();
    await once(leaving, 'close');
    for (let i = 0; i < 5; i++) await fetch(`${server.url}/healthz`); // by then the server has noticed
    expect(logged.slice(before).filter(({ level }) => level === 50)).toEqual([]);
  });

  it('are not found by any other name', async () => {
    const { trailerIds } = await writeAnalysedTitles(server.database.prisma, 1);
    const names = ['1.jpg', '9.jpg', '0.png', '0', '..%2f..%2f0.jpg', '99999999999.jpg', '-1.jpg', '%00.jpg'];
    for (const name of names) {
      const response = await fetch(`${server.url}/thumbnails/${trailerIds[0]}/${name}`);
      expect([name, response.status]).toEqual([name, 404]);
    }
  });
});

describe('starting', () => {
  it('on a port that is taken says so in one sentence', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await expect(startServer({ ...server.app, config: { ...server.config, port } })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)),
    });
    holder.close();
  });

  it('on an address that is not of this machine says so', async () => {
    const config = {
      ...server.config,
      host: '127.0.0.1.invalid',
      apiKeys: [{ name: 'a', role: 'reader' as const, secret: 'x'.repeat(16) }],
    };
    await expect(startServer({ ...server.app, config })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
  });
});
