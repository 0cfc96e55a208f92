import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config.js';
import { createLogger } from '../../src/log.js';
import { startMarquee } from '../../src/main.js';
import { ensureSampleTrailer } from '../../src/media/sample.js';
import { createTestDatabase } from '../database.js';

export interface RunningMarquee {
  url: string;
  config: Config;
  /** The sample trailer, inside the server's media folders. */
  sample: string;
  close(): Promise<void>;
}

/** Rendered once for all tests of a clone. */
const SAMPLE_FOLDER = fileURLToPath(new URL('../../.marquee-test/media', import.meta.url));

/** The whole server with models and queue, on a database of its own and a free port. */
export async function runMarquee(change: Partial<Config> = {}): Promise<RunningMarquee> {
  const database = await createTestDatabase();
  const config: Config = { ...database.config, threads: 1, ...change };
  const sample = path.join(config.dataFolder, 'media', 'sample-trailer.mp4');
  await mkdir(path.dirname(sample), { recursive: true });
  await copyFile(await ensureSampleTrailer(SAMPLE_FOLDER), sample);
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
