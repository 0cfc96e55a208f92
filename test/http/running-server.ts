import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Analyses } from '../../src/analysis/analyses.js';
import { Activations } from '../../src/analysis/learning/activations.js';
import { Trainings } from '../../src/analysis/learning/trainings.js';
import { Notifications } from '../../src/analysis/notifications.js';
import { prepareQueue } from '../../src/analysis/queue.js';
import { type Database, openDatabase } from '../../src/catalog/database.js';
import type { Config } from '../../src/config.js';
import { Discovery } from '../../src/discovery/discovery.js';
import { type App, startServer } from '../../src/http/server.js';
import { createLogger, type Logger } from '../../src/log.js';
import { createTestDatabase } from '../database.js';
import { TAXONOMY } from './catalog-rows.js';

export interface GraphqlAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is each test's own query's
  data: any;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string } & Record<string, unknown>;
  }[];
}

export interface RunningServer {
  url: string;
  config: Config;
  database: Database;
  app: App;
  /** SQL statements that Prisma ran since the last call. */
  statements(): string[];
  /** A POST to /graphql. */
  graphql(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphqlAnswer>;
  /** A graphql-transport-ws client; it is disposed with the server. */
  client(options?: Partial<Parameters<typeof createClient>[0]>): Client;
  close(): Promise<void>;
}

const PACK_FOLDER = fileURLToPath(new URL('../../models/compact', import.meta.url));

/** What the server's process can run: `writeLabels` writes its classifier. */
const SHIPPED = { pack: 'compact', fingerprint: 'head@1', encoders: ['text@1', 'picture@1'] };

/** The server over a database of its own, with the real analyses and no worker. */
export async function runServer(
  change: (config: Config) => Partial<Config> = () => ({}),
  given: { log?: Logger; app?: Partial<App> } = {},
): Promise<RunningServer> {
  const testDatabase = await createTestDatabase();
  const config: Config = { ...testDatabase.config, ...change(testDatabase.config) };
  const log = given.log ?? createLogger('silent');
  const database = await openDatabase(config, log);
  await prepareQueue({ pool: database.pool, log });
  const notifications = new Notifications(testDatabase.url, log);
  await notifications.start();
  const discovery = new Discovery({
    vectors: 'auto',
    ...{ prisma: database.prisma, pool: database.pool, url: database.url, feed: notifications },
    ...{ taxonomy: given.app?.taxonomy ?? TAXONOMY, packFolder: PACK_FOLDER, log },
  });
  const app: App = {
    config,
    log,
    database,
    analyses: new Analyses({ prisma: database.prisma, notifications, pack: { id: 'compact' } }),
    learning: {
      trainings: new Trainings({ prisma: database.prisma, notifications, pack: { id: 'compact' } }),
      activations: new Activations({ prisma: database.prisma, notifications, shipped: SHIPPED }),
      explain: async (ids) => ids.map(() => new Map()),
    },
    discovery,
    taxonomy: TAXONOMY,
    ready: async () => ({ database: true, queue: true }),
    ...given.app,
  };
  const server = await startServer(app);
  const clients: Client[] = [];
  const counted = countStatements(database);
  return {
    url: server.url,
    config,
    database,
    app,
    statements: counted,
    graphql: (query, variables, headers) => post(server.url, { query, variables }, headers),
    client: (options = {}) => {
      const client = createClient({
        url: `${server.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        generateID: () => randomUUID(),
        ...options,
      });
      clients.push(client);
      return client;
    },
    close: async () => {
      for (const client of clients) await client.dispose();
      await server.close();
      await discovery.close();
      await notifications.close();
      await database.close();
      await testDatabase.close();
    },
  };
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<GraphqlAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Omit<GraphqlAnswer, 'status'>) };
}

/** Hears every statement at the connections themselves, whoever sends it. */
function countStatements(database: Database): () => string[] {
  let heard: string[] = [];
  database.pool.on('acquire', (client) => {
    const known = client as typeof client & { isHeard?: boolean };
    if (known.isHeard) return;
    known.isHeard = true;
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      const [first] = args as [string | { text: string }];
      heard.push(typeof first === 'string' ? first : first.text);
      return query(...args);
    }) as typeof client.query;
  });
  return () => {
    const statements = heard;
    heard = [];
    return statements;
  };
}
