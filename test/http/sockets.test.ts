import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/catalog/id.js';
import { startServer } from '../../src/http/server.js';
import { type RunningServer, runServer } from './running-server.js';

let server: RunningServer;
beforeEach(async () => {
  server = await runServer((config) => ({ limits: { ...config.limits, requestsPerMinute: 500 } }));
});
afterEach(() => server.close());

const EVENTS = 'subscription ($id: ID!) { analysisEvents(id: $id) { number } }';

async function waitingAnalysis(): Promise<string> {
  const id = newId('title');
  await server.database.prisma.title.create({ data: { id, name: 'T' } });
  const { analysis } = await server.app.analyses.request({
    titleId: id,
    source: { kind: 'PATH', path: 'a.mp4' },
  });
  return analysis.id;
}

async function openSubscriptions(url = server.url): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^marquee_graphql_subscriptions (\d+)$/m.exec(text)?.[1]);
}

describe('a WebSocket', () => {
  it('frees what a subscription holds when the client leaves it or goes away', async () => {
    const id = await waitingAnalysis();
    const left = server.client().iterate({ query: EVENTS, variables: { id } });
    await left.next();
    const gone = server.client();
    const going = gone.iterate({ query: EVENTS, variables: { id } });
    await going.next();
    expect(await openSubscriptions()).toBe(2);
    await left.return?.();
    gone.terminate();
    await expect.poll(() => openSubscriptions()).toBe(0);
  });

  it('refuses the hundred-and-first operation that is open at the same time', async () => {
    const id = await waitingAnalysis();
    const client = server.client();
    const open = Array.from({ length: 100 }, () => client.iterate({ query: EVENTS, variables: { id } }));
    for (const events of open) await events.next();
    const refused = await new Promise<unknown>((resolve) => {
      server
        .client()
        .subscribe(
          { query: EVENTS, variables: { id } },
          { next: resolve, error: resolve, complete: () => resolve(null) },
        );
    });
    expect(refused).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    await Promise.all(open.map((events) => events.return?.()));
  });

  it.each([
    [
      'is too large',
      '{ titles(first: 100) { nodes { trailers(first: 100) { nodes { shots { index } } } } } }',
      'TOO_LARGE',
    ],
    ['does not parse', '{', 'GRAPHQL_PARSE_FAILED'],
    ['asks for nothing that exists', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['holds a NUL', '{ title(id: "\\u0000") { id } }', 'BAD_INPUT'],
  ])('answers an operation that %s as HTTP does, and stays open', async (_what, query, code) => {
    const client = server.client();
    const refused = await new Promise<unknown>((resolve) => {
      client.subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve(null) });
    });
    expect(refused).toMatchObject([{ extensions: { code } }]);
    expect((await client.iterate({ query: '{ __typename }' }).next()).value.data).toEqual({
      __typename: 'Query',
    });
  });
});

describe('closing the server', () => {
  it('ends subscriptions with 1001, lets requests end, and then answers nobody', async () => {
    const id = await waitingAnalysis();
    const other = await startServer(server.app);
    let closed: { code?: number } | undefined;
    const client = server.client({
      url: `${other.url.replace('http', 'ws')}/graphql`,
      on: { closed: (event) => (closed = event as { code?: number }) },
    });
    const events = client.iterate({ query: EVENTS, variables: { id } });
    await events.next();
    const ended = events.next().catch(() => undefined);

    // A request whose body is not complete yet, when the server begins to close.
    const slow = request(`${other.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const answered = once(slow, 'response');
    const body = JSON.stringify({ query: '{ __typename }' });
    slow.write(body.slice(0, 5));
    await expect.poll(() => openSubscriptions(other.url)).toBe(1);
    const closing = other.close();
    await ended;
    expect(closed?.code).toBe(1001);
    slow.end(body.slice(5));
    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    response.resume();
    await closing;
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });
});
