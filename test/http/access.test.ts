import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import path from 'node:path';
import { CloseCode } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { newId } from '../../src/catalog/id.js';
import type { ApiRole } from '../../src/config.js';
import { Access } from '../../src/http/access.js';
import { writeAnalysedTitles, writeLabels } from './catalog-rows.js';
import { type RunningServer, runServer } from './running-server.js';

const ROLES: ApiRole[] = ['reader', 'service', 'editor', 'admin'];
const secretOf = (role: ApiRole) => `a-long-secret-of-the-${role}`;
const bearer = (role: ApiRole) => ({ authorization: `Bearer ${secretOf(role)}` });

/** A request with headers that `fetch` does not let one choose. */
function raw(
  url: string,
  options: { method?: string; headers: Record<string, string>; body?: string },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject).end(options.body);
  });
}

/** How the attempt to open a WebSocket ends: 'open', or the status that refuses it. */
function upgrade(url: string, headers: Record<string, string>): Promise<'open' | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    socket.once('open', () => {
      socket.close();
      resolve('open');
    });
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
}

describe('an address that others reach', () => {
  it.each(['0.0.0.0', '192.168.1.5', '::', 'example.com'])('is not opened without keys: %s', (host) => {
    expect(() => new Access({ host, apiKeys: [] })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    );
    expect(
      () => new Access({ host, apiKeys: [{ name: 'a', role: 'reader', secret: secretOf('reader') }] }),
    ).not.toThrow();
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is none of %s', (host) => {
    expect(() => new Access({ host, apiKeys: [] })).not.toThrow();
  });
});

describe('without keys', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await runServer();
  });
  afterAll(() => server.close());

  it('this machine may do everything', async () => {
    const { data } = await server.graphql(
      'mutation { deleteTitle(input: { id: "title_0" }) { errors { code } } }',
    );
    expect(data.deleteTitle.errors).toEqual([{ code: 'NOT_FOUND' }]);
  });

  it('a name that was bound to this machine later is refused (DNS rebinding)', async () => {
    const port = new URL(server.url).port;
    for (const place of ['/graphql?query={__typename}', '/', '/metrics', '/healthz']) {
      const foreign = await raw(server.url + place, { headers: { host: `evil.example:${port}` } });
      expect([place, foreign.status]).toEqual([place, 403]);
    }
    const own = await raw(`${server.url}/healthz`, { headers: { host: `localhost:${port}` } });
    expect(own.status).toBe(200);
    expect(await upgrade(server.url, { host: `evil.example:${port}` })).toBe(403);
  });

  it("another site's page is refused", async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    const post = (headers: Record<string, string>) =>
      raw(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ origin: 'null' })).status).toBe(403);
    expect((await post({ origin: `${server.url}0` })).status).toBe(403);
    expect((await post({ origin: server.url })).status).toBe(200);
    expect(await upgrade(server.url, { origin: 'https://evil.example' })).toBe(403);
    expect(await upgrade(server.url, { origin: server.url })).toBe('open');
  });

  it('a form of another site cannot post either, having no JSON', async () => {
    const { status } = await raw(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(status).toBe(400);
  });
});

describe('with keys', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const apiKeys = ROLES.map((role) => ({ name: `the ${role}`, role, secret: secretOf(role) }));
    server = await runServer((config) => ({
      apiKeys,
      host: '127.0.0.1',
      limits: { ...config.limits, requestsPerMinute: 150 },
    }));
  });
  afterAll(() => server.close());

  it.each<Record<string, string>>([
    {},
    { authorization: 'Bearer wrong' },
    { authorization: secretOf('admin') },
    { authorization: 'Basic YTpi' },
    { authorization: 'Bearer ' },
  ])('everything but health and the page needs one: %j', async (headers) => {
    const { status, errors } = await server.graphql('{ __typename }', {}, headers);
    expect(status).toBe(401);
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    for (const place of ['/metrics', `/thumbnails/${newId('trailer')}/0.jpg`]) {
      expect((await fetch(server.url + place, { headers })).status).toBe(401);
    }
    expect((await fetch(`${server.url}/uploads`, { method: 'PUT', body: 'x', headers })).status).toBe(401);
    expect((await fetch(`${server.url}/healthz`, { headers })).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`, { headers })).status).toBe(200);
  });

  // What each mutation needs at least; a mutation that is missing here fails the test below.
  const NEEDS: Record<string, ApiRole> = {
    createTitle: 'service',
    updateTitle: 'service',
    importTitles: 'service',
    analyzeTrailer: 'service',
    cancelAnalysis: 'service',
    retryAnalysis: 'service',
    deleteTitle: 'editor',
    reviewTag: 'editor',
    undoReview: 'editor',
    pinRow: 'editor',
    hideRow: 'editor',
    renameRow: 'editor',
    trainClassifier: 'admin',
    cancelTraining: 'admin',
    activateClassifier: 'admin',
    createWebhook: 'admin',
    deleteWebhook: 'admin',
  };
  const INPUTS: Record<string, string> = {
    createTitle: '{ name: "" }',
    updateTitle: '{ id: "0" }',
    importTitles: '{ titles: [] }',
    analyzeTrailer: '{ titleId: "0", source: { path: "a" } }',
    cancelAnalysis: '{ id: "0" }',
    retryAnalysis: '{ id: "0" }',
    deleteTitle: '{ id: "0" }',
    reviewTag: '{ predictionId: "0", label: "0", verdict: ACCEPT }',
    undoReview: '{ reviewId: "0" }',
    pinRow: '{ ruleId: "0" }',
    hideRow: '{ ruleId: "0" }',
    renameRow: '{ ruleId: "0" }',
    trainClassifier: '{ name: "", source: { uploadId: "0" } }',
    cancelTraining: '{ id: "0" }',
    activateClassifier: '{ id: "0" }',
    createWebhook: '{ url: "" }',
    deleteWebhook: '{ id: "0" }',
  };

  it('a role may do what it needs and no more, for every mutation', async () => {
    const { data } = await server.graphql(
      '{ __schema { mutationType { fields { name } } } }',
      {},
      bearer('reader'),
    );
    const mutations = data.__schema.mutationType.fields.map((field: { name: string }) => field.name);
    expect(mutations.sort()).toEqual(Object.keys(NEEDS).sort());
    for (const [mutation, needed] of Object.entries(NEEDS)) {
      for (const role of ROLES) {
        const { errors } = await server.graphql(
          `mutation { ${mutation}(input: ${INPUTS[mutation]}) { errors { code } } }`,
          {},
          bearer(role),
        );
        const allowed = ROLES.indexOf(role) >= ROLES.indexOf(needed);
        expect([mutation, role, errors?.[0]?.extensions.code]).toEqual([
          mutation,
          role,
          allowed ? undefined : 'FORBIDDEN',
        ]);
      }
    }
  });

  it('a reader may read, and may not upload', async () => {
    expect(
      (await server.graphql('{ titles(first: 1) { totalCount } }', {}, bearer('reader'))).data.titles
        .totalCount,
    ).toBe(0);
    const upload = await fetch(`${server.url}/uploads`, {
      method: 'PUT',
      body: 'x',
      headers: bearer('reader'),
    });
    expect(upload.status).toBe(403);
  });

  it('the key goes with the parameters of a WebSocket, else the socket is closed with 4401', async () => {
    const query = '{ __typename }';
    const allowed = server.client({ connectionParams: bearer('reader') }).iterate({ query });
    expect((await allowed.next()).value.data).toEqual({ __typename: 'Query' });
    for (const connectionParams of [{}, { authorization: 'Bearer wrong' }, { authorization: 5 }]) {
      const closed = await new Promise<{ code?: number }>((resolve) => {
        server
          .client({ connectionParams })
          .subscribe(
            { query },
            { next: () => undefined, error: (event) => resolve(event as never), complete: () => resolve({}) },
          );
      });
      expect(closed.code).toBe(CloseCode.Unauthorized);
    }
  });

  it('roles hold over WebSockets too', async () => {
    const mutation = server
      .client({ connectionParams: bearer('reader') })
      .iterate({ query: 'mutation { createTitle(input: { name: "a" }) { errors { code } } }' });
    expect((await mutation.next()).value.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('a picture is read without a key by the address that the API gave, and by no other', async () => {
    const { prisma } = server.database;
    await writeLabels(prisma);
    const { trailerIds } = await writeAnalysedTitles(prisma, 2);
    const folder = path.join(server.config.dataFolder, 'decoded', 'a'.repeat(64), 'thumbnails');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, '0.jpg'), 'a picture');
    const query = 'query ($id: ID!) { trailer(id: $id) { shots { thumbnailUrl } } }';
    const { data } = await server.graphql(query, { id: trailerIds[0] }, bearer('reader'));
    const [{ thumbnailUrl }] = data.trailer.shots;
    expect((await fetch(server.url + thumbnailUrl)).status).toBe(200);
    const others = [
      thumbnailUrl.split('?')[0],
      thumbnailUrl.replace(trailerIds[0], trailerIds[1]),
      thumbnailUrl.replace(/signature=.*/, 'signature='),
    ];
    for (const other of others) expect((await fetch(server.url + other)).status).toBe(401);
  });

  it('guessing is slowed down by address, and a valid key is not held up by it', async () => {
    let refused: number | undefined;
    for (let i = 0; i < 2_000 && refused !== 429; i++) {
      refused = (await server.graphql('{ __typename }', {}, { authorization: `Bearer guess-${i}` })).status;
    }
    expect(refused).toBe(429);
    expect((await server.graphql('{ __typename }', {}, bearer('admin'))).status).toBe(200);
  });
});
