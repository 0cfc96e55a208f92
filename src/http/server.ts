import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type Express } from 'express';
import type { LearningService } from '../analysis/learning/service.js';
import type { AnalysisService } from '../analysis/service.js';
import type { Database } from '../catalog/database.js';
import type { Config } from '../config.js';
import type { Discovery } from '../discovery/discovery.js';
import { Failure } from '../failure.js';
import type { Caller } from '../graphql/caller.js';
import { type Context, createContext } from '../graphql/context.js';
import { createSchema } from '../graphql/schema.js';
import type { Logger } from '../log.js';
import type { Taxonomy } from '../tagging/taxonomy.js';
import { Access } from './access.js';
import { createApollo } from './apollo.js';
import { exports } from './exports.js';
import { answerError } from './http-error.js';
import { createServerMetrics, type ServerMetrics } from './metrics.js';
import { builtPage, securityHeaders } from './page.js';
import { RateLimit } from './rate-limit.js';
import { authenticate, authenticatePicture, follow, limitRate, refuseForeignPages } from './request.js';
import { Sockets } from './sockets.js';
import { thumbnails } from './thumbnails.js';
import { uploads } from './uploads.js';

/** Enough for an import of 1,000 titles or the subtitles of a film. */
const LARGEST_BODY = 4 * 1024 * 1024; // bytes
const HEADERS_MILLISECONDS = 30_000;
/** A connection on which nothing moves is cut; WebSockets have pings of their own. */
const SILENCE_MILLISECONDS = 60_000;
/** The whole request, body included: 2 GB at 5 Mbit/s. */
const REQUEST_MILLISECONDS = 60 * 60 * 1000;

/** What the server puts on the network. */
export interface App {
  config: Config;
  log: Logger;
  database: Pick<Database, 'prisma' | 'pool'>;
  analyses: AnalysisService;
  learning: LearningService;
  discovery: Discovery;
  taxonomy: Pick<Taxonomy, 'groups'>;
  /** Each part that must work before requests are welcome, by name. */
  ready(): Promise<Record<string, boolean>>;
}

/**
 * Listens on HOST and PORT.
 * @throws Failure PORT_TAKEN, CONFIGURATION_INVALID
 */
export async function startServer(app: App): Promise<{ url: string; close(): Promise<void> }> {
  const access = new Access(app.config);
  const rate = new RateLimit(app.config.limits.requestsPerMinute);
  const schema = await createSchema();
  const web = express();
  const httpServer = createServer(
    { headersTimeout: HEADERS_MILLISECONDS, requestTimeout: REQUEST_MILLISECONDS },
    web,
  );
  httpServer.setTimeout(SILENCE_MILLISECONDS);
  const { log, analyses, learning, discovery, taxonomy } = app;
  const { prisma } = app.database;
  const contextOf = (caller: Caller, requestId: string): Context =>
    createContext({
      prisma,
      analyses,
      learning,
      discovery,
      taxonomy,
      log,
      caller,
      requestId,
      signPath: (path) => access.signed(path),
    });

  const metrics = createServerMetrics(app.database.pool);
  const sockets = new Sockets({
    httpServer,
    schema,
    access,
    rate,
    log,
    metrics,
    createContext: contextOf,
  });
  const apollo = createApollo(schema, httpServer, metrics, log);
  await apollo.start();

  const graphql = expressMiddleware(apollo, {
    context: async ({ res }) => contextOf(res.locals.caller, res.locals.requestId),
  });
  addRoutes(web, { app, access, rate, metrics, graphql });
  await listen(httpServer, app.config);
  return {
    url: urlOf(httpServer, app.config.host),
    async close() {
      await Promise.all([sockets.close(), apollo.stop()]);
    },
  };
}

interface Routes {
  app: App;
  access: Access;
  rate: RateLimit;
  metrics: ServerMetrics;
  graphql: express.RequestHandler;
}

function addRoutes(web: Express, { app, access, rate, metrics, graphql }: Routes): void {
  const { prisma } = app.database;
  web.disable('x-powered-by');
  web.use(follow(app.log, metrics), securityHeaders, refuseForeignPages(access));

  web.get('/healthz', (_request, response) => void response.json({ ok: true }));
  web.get('/readyz', async (_request, response) => {
    const parts = await app.ready();
    response.status(Object.values(parts).every(Boolean) ? 200 : 503).json(parts);
  });
  web.use(builtPage());

  // A page of evidence shows many pictures: they are files, and cost no share of the rate.
  const picture = thumbnails(prisma, app.config.dataFolder);
  web.get('/thumbnails/:trailerId/:file', authenticatePicture(access, rate), picture);

  web.use(authenticate(access, rate));
  web.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.print();
    response.type(contentType).send(text);
  });
  web.put('/uploads', limitRate(rate), uploads(prisma, app.config));
  web.get('/export/:file', limitRate(rate), exports(prisma, app.discovery));
  web.use('/graphql', limitRate(rate), express.json({ limit: LARGEST_BODY }), graphql);

  web.use(() => {
    throw new Failure('NOT_FOUND', 'There is nothing here; the API is at /graphql.');
  });
  web.use(answerError);
}

async function listen(server: Server, { host, port }: Config): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const message = `Port ${port} on ${host} is taken. Stop the program that has it, or choose another with PORT.`;
      throw new Failure('PORT_TAKEN', message, { cause: error });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      const message = `Marquee may not or cannot listen on ${host}, port ${port}. Choose others with HOST and PORT.`;
      throw new Failure('CONFIGURATION_INVALID', message, { cause: error });
    }
    throw error;
  }
}

/** Where this machine reaches the server. */
function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
