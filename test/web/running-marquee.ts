import type { Config } from '../../src/config.js';
import { createLogger } from '../../src/log.js';
import { startMarquee } from '../../src/main.js';
import { createTestDatabase } from '../database.js';
import { placeSample } from '../sample.js';

export interface RunningMarquee {
  url: string;
  config: Config;
  /** The sample trailer, inside the server's media folders. */
  sample: string;
  close(): Promise<void>;
}

/** The whole server with models and queue, on a database of its own and a free port. */
export async function runMarquee(change: Partial<Config> = {}): Promise<RunningMarquee> {
  const database = await createTestDatabase();
  const config: Config = { ...database.config, threads: 1, ...change };
  const sample = await placeSample(config);
  const marquee = await startMarquee(config, createLogger('silent')).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  return {
    url: marquee.url,
    config,
    sample,
    close: async () => {
      await marquee.close();
      await database.close();
    },
  };
}
