import { once } from 'node:events';
import path from 'node:path';
import { Queue } from './analysis/queue.js';
import { type Config, readConfig } from './config.js';
import { type Engine, openEngine } from './engine.js';
import { analysisMetrics } from './http/metrics.js';
import { startServer } from './http/server.js';
import { createLogger, type Logger } from './log.js';
import { ensureSampleTrailer } from './media/sample.js';
import { Interrupted, interruptible } from './stop-signal.js';

/** A server that runs. */
export interface Marquee {
  url: string;
  engine: Engine;
  /** Ends subscriptions and requests, hands running analyses back, stops the threads, then the database. */
  close(): Promise<void>;
}

/**
 * Configuration → database → models → queue → server; whatever fails closes what was opened before it.
 * @throws Failure of whatever cannot be opened, or the signal's reason
 */
export async function startMarquee(config: Config, log: Logger, signal?: AbortSignal): Promise<Marquee> {
  const engine = await openEngine(config, log, { ...analysisMetrics, ...(signal ? { signal } : {}) });
  const queue =
    config.role === 'api'
      ? null
      : new Queue(queueParts(engine), engine.runner, engine.learner, config.concurrency);
  try {
    await engine.loaded;
    signal?.throwIfAborted();
    await queue?.start(config.role);
    const { analyses, database, discovery, learning, taxonomy } = engine;
    // A worker answers nobody: the processes that do make the profiles, and keep the index.
    if (config.role !== 'worker') await discovery.start();
    signal?.throwIfAborted();
    const ready = async () => ({ database: await answers(engine), queue: queue === null || queue.alive });
    const server = await startServer({
      ...{ config, log, database, analyses, learning, discovery, taxonomy, ready },
    });
    const close = async () => {
      try {
        await server.close();
        await queue?.stop();
      } finally {
        await engine.close();
      }
    };
    return { url: server.url, engine, close };
  } catch (error) {
    await queue?.stop();
    await engine.close();
    throw error;
  }
}

/** `marquee serve`: runs until SIGINT or SIGTERM, which are how its work ends. */
export async function serve(): Promise<void> {
  await interruptible(serveUntil).catch((error: unknown) => {
    if (!(error instanceof Interrupted)) throw error;
  });
}

async function serveUntil(stop: AbortSignal): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  const marquee = await startMarquee(config, log, stop);
  try {
    const sample = await ensureSampleTrailer(path.join(config.dataFolder, 'media'), { signal: stop });
    process.stdout.write(banner(marquee, sample));
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    log.info('shutting down; running analyses are handed back');
    await marquee.close().catch((error: unknown) => log.error({ err: error }, 'not all could be closed'));
  }
}

function banner({ url, engine }: Marquee, sample: string): string {
  const { config, database, pack, packReason, device, threads, encoders } = engine;
  const relative = path.relative(process.cwd(), sample);
  const file = relative.startsWith('..') ? sample : relative;
  return `
  Marquee is ready.

  address    ${url}   (GraphQL and subscriptions at ${url}/graphql)
  database   ${database.description}
  pack       ${pack.id}, for ${packReason}
             ${[...pack.encoders, pack.classifier].join(', ')}
  device     ${device.device}: ${device.reason}
  threads    ${threads.size}${encoders === threads ? '' : `, and ${encoders.size} with the models`}; ${config.concurrency} analyses at a time
  reads      ${config.mediaRoots.join(', ')}

  Try it: open ${url} and press “Try the sample”, or in another terminal

    npm run marquee -- analyze ${file}

`;
}

function queueParts({ database, log }: Engine) {
  return { prisma: database.prisma, pool: database.pool, log };
}

async function answers({ database }: Engine): Promise<boolean> {
  return database.pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
}
