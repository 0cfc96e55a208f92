import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config.js';
import { type Engine, openEngine } from '../../src/engine.js';
import { readManifest } from '../../src/inference/packs.js';
import { createLogger } from '../../src/log.js';
import { readWords } from '../discovery/catalog.js';
import { type AnalysedText, analyseTexts, writeAnalysedCatalog } from './analysed-catalog.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const packFolder = path.join(root, 'models', 'compact');
const SEED = 20_261_122;
const TEXTS = 1_000;

export interface FilledCatalog {
  engine: Engine;
  /** What its titles say, over and over. */
  texts: AnalysedText[];
  /** The id of the classifier that comes with the pack. */
  shipped: string;
}

/** A catalog of so many analysed titles, kept in a data folder of its own from one run to the next. */
export async function openFilledCatalog(titles: number): Promise<FilledCatalog> {
  // Vectors of another text model would be passed over.
  const [, version = ''] = (await readManifest(packFolder)).models.TEXT.split('@');
  const data = path.join(root, '.marquee', 'bench', `retag-${titles}-${version}`);
  await mkdir(data, { recursive: true });
  const env = { ...process.env, MARQUEE_DATA: data, LOG_LEVEL: 'error', MARQUEE_PACK: 'compact' };
  const engine = await openEngine(readConfig(env), createLogger('error'));
  try {
    const { id } = await engine.database.prisma.classifier.findUniqueOrThrow({
      where: { fingerprint: engine.pack.classifier },
    });
    const texts = await analyseTexts(packFolder, await readWords(packFolder), TEXTS, SEED);
    await fill(engine, texts, titles, id);
    // Profiles that an earlier run left out of date would be made while this one measures.
    await engine.database.pool.query('TRUNCATE "OutdatedProfile"');
    return { engine, texts, shipped: id };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function fill(
  engine: Engine,
  texts: AnalysedText[],
  titles: number,
  classifierId: string,
): Promise<void> {
  if ((await engine.database.prisma.title.count()) > 0) return;
  const client = await engine.database.pool.connect();
  try {
    await writeAnalysedCatalog(client, texts, titles, classifierId);
  } finally {
    client.release(true);
  }
}
