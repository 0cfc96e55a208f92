import { Analyses } from '../../src/analysis/analyses.js';
import { Notifications } from '../../src/analysis/notifications.js';
import { prepareQueue } from '../../src/analysis/queue.js';
import { type Database, openDatabase } from '../../src/catalog/database.js';
import { newId } from '../../src/catalog/id.js';
import type { Config } from '../../src/config.js';
import type { AnalysisEvent } from '../../src/generated/prisma/client.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase } from '../database.js';

export const silent = createLogger('silent');

/** Analyses over a database of its own, with no worker: nothing is run unless the test does it. */
export interface Harness {
  config: Config;
  database: Database;
  notifications: Notifications;
  analyses: Analyses;
  createTitle(name?: string): Promise<string>;
  /** Jobs that wait or run, by the analysis that they are for. */
  jobs(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openHarness(): Promise<Harness> {
  const { config, close } = await createTestDatabase();
  const database = await openDatabase(config, silent);
  await prepareQueue({ pool: database.pool, log: silent });
  const notifications = new Notifications(database.url, silent);
  await notifications.start();
  return {
    config,
    database,
    notifications,
    analyses: new Analyses({ prisma: database.prisma, notifications, pack: { id: 'compact' } }),
    createTitle: async (name = 'A title') => {
      const id = newId('title');
      await database.prisma.title.create({ data: { id, name, genres: [] } });
      return id;
    },
    jobs: async () => {
      const { rows } = await database.pool.query<{ key: string }>(
        'SELECT key FROM graphile_worker.jobs ORDER BY id',
      );
      return rows.map(({ key }) => key);
    },
    close: async () => {
      await notifications.close();
      await database.close();
      await close();
    },
  };
}

/** All events until the stream ends. */
export async function collect(events: AsyncIterable<AnalysisEvent>): Promise<AnalysisEvent[]> {
  const all: AnalysisEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** 1, 2, …, n. */
export function oneTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
