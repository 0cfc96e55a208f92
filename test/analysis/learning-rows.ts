import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { newId } from '../../src/catalog/id.js';
import type { Config } from '../../src/config.js';
import type { PrismaClient } from '../../src/generated/prisma/client.js';

/** Films of two genres that differ in their words alone. */
const GENRES = {
  western: ['sheriff', 'saloon', 'cattle', 'outlaw', 'prairie', 'rifle'],
  'science-fiction': ['spaceship', 'galaxy', 'robot', 'planet', 'laser', 'alien'],
};
const FILLER = ['a man', 'one night', 'his brother', 'the town', 'a secret', 'they run', 'her past'];

/** Rows for training, each with three telling words of its genre. */
export function genreRows(count: number): object[] {
  const names = Object.keys(GENRES) as (keyof typeof GENRES)[];
  return Array.from({ length: count }, (_, i) => {
    const genre = names[i % names.length]!;
    const words = [0, 1, 2].map((k) => GENRES[genre][(i * (k + 1) + k) % 6]!);
    const filler = FILLER[(i * 5) % FILLER.length];
    return {
      id: `row-${i}`,
      transcript: [`${filler} and the ${words[0]}.`, `The ${words[1]} meets a ${words[2]}.`, `Film ${i}.`],
      labels: { genre: [genre] },
    };
  });
}

/** Puts rows where uploads lie. @returns the upload's id */
export async function uploadRows(prisma: PrismaClient, config: Config, rows: object[]): Promise<string> {
  const bytes = gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'));
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  const store = path.join(config.dataFolder, 'store');
  await mkdir(store, { recursive: true });
  await writeFile(path.join(store, contentHash), bytes);
  const id = newId('upload');
  await prisma.upload.create({
    data: { id, contentHash, bytes: BigInt(bytes.length), fileName: 'rows.jsonl.gz' },
  });
  return id;
}
