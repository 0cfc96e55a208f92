import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../src/config.js';
import { ensureSampleTrailer, SAMPLE_NAME } from '../src/media/sample.js';

/** Rendered once for all tests of a clone. */
const SAMPLE_FOLDER = fileURLToPath(new URL('../.marquee-test/media', import.meta.url));

/** Puts the sample trailer where a server of this configuration would render its own. @returns its path */
export async function placeSample({ dataFolder }: Pick<Config, 'dataFolder'>): Promise<string> {
  const placed = path.join(dataFolder, 'media', `${SAMPLE_NAME}.mp4`);
  await mkdir(path.dirname(placed), { recursive: true });
  await copyFile(await ensureSampleTrailer(SAMPLE_FOLDER), placed);
  return placed;
}
