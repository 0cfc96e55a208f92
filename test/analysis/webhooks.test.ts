import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareQueue } from '../../src/analysis/queue.js';
import { deliver, queueDeliveries } from '../../src/analysis/webhooks.js';
import { type Database, openDatabase } from '../../src/catalog/database.js';
import { createWebhook } from '../../src/catalog/webhooks.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

const log = createLogger('silent');
const published = { analysisId: 'analysis_1', predictionId: 'prediction_1', trailerId: 'trailer_1' };

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase(testDatabase.config, log);
  await prepareQueue({ pool: database.pool, log });
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.close();
});

/** A receiver that answers with `status`, and what it was sent. */
async function receiver(status: number) {
  const received: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, received, close: () => server.close() };
}

test('a publication queues both events for each webhook, in its own transaction', async () => {
  const webhook = await createWebhook(database.prisma, 'https://one.example/hook');
  const jobs = async () => {
    const { rows } = await database.pool.query(
      `SELECT j.payload FROM graphile_worker._private_jobs j ORDER BY j.payload->>'event'`,
    );
    return rows.map(({ payload }) => payload);
  };
  const failing = database.prisma.$transaction(async (tx) => {
    await queueDeliveries(tx, published);
    throw new Error('the publication failed');
  });
  await expect(failing).rejects.toThrow();
  expect(await jobs()).toEqual([]);
  await database.prisma.$transaction((tx) => queueDeliveries(tx, published));
  expect(await jobs()).toMatchObject([
    { webhookId: webhook.id, event: 'analysis.succeeded', ...published },
    { webhookId: webhook.id, event: 'prediction.published', ...published },
  ]);
});

test('a delivery is signed with the secret over its time and body', async () => {
  const { url, received, close } = await receiver(204);
  const { id, secret } = await createWebhook(database.prisma, url);
  const delivery = { webhookId: id, deliveryId: 'd1', event: 'prediction.published' as const, ...published };
  await deliver(database.prisma, log, delivery).finally(close);
  const [{ headers, body }] = received as [(typeof received)[number]];
  expect(JSON.parse(body)).toEqual({ id: 'd1', event: 'prediction.published', ...published });
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['marquee-signature'])) ?? [];
  expect(mac).toBe(createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'));
});

test('a receiver that does not answer 2xx fails the try, so that it is tried again', async () => {
  const { url, close } = await receiver(503);
  const { id } = await createWebhook(database.prisma, url);
  const delivery = { webhookId: id, deliveryId: 'd2', event: 'analysis.succeeded' as const, ...published };
  await expect(deliver(database.prisma, log, delivery).finally(close)).rejects.toThrow('503');
});

test.each(['http://example.org/hook', 'ftp://example.org', 'nowhere', ''])(
  'the address "%s" is refused',
  async (url) => {
    await expect(createWebhook(database.prisma, url)).rejects.toMatchObject({
      errors: [{ code: 'BAD_INPUT', path: ['url'] }],
    });
  },
);
