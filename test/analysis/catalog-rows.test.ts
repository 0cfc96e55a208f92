import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogRows } from '../../src/analysis/learning/catalog-rows.js';
import { newId } from '../../src/catalog/id.js';
import { reviewTag, undoReview } from '../../src/catalog/reviews.js';
import { vectorBytes } from '../../src/catalog/vector-bytes.js';
import type { TrainingRow } from '../../src/tagging/training-row.js';
import { writeAnalysedTitles, writeLabels } from '../http/catalog-rows.js';
import { type Harness, openHarness } from './harness.js';

let harness: Harness;
let predictionId: string;
let titleId: string;
beforeAll(async () => {
  harness = await openHarness();
  const { prisma } = harness.database;
  await writeLabels(prisma);
  const { titleIds, trailerIds, predictionIds } = await writeAnalysedTitles(prisma, 2);
  [titleId = '', predictionId = ''] = [titleIds[0], predictionIds[0]];
  for (const model of ['text@1', 'text@0']) {
    const vector = vectorBytes(Float32Array.of(model === 'text@1' ? 1 : 9, 2));
    const row = { id: newId('vectors'), trailerId: trailerIds[0] ?? '', signal: 'TEXT' as const };
    await prisma.signalVector.create({ data: { ...row, model, vector, measures: {} } });
  }
});
afterAll(() => harness?.close());

async function rows(): Promise<Map<string, TrainingRow>> {
  const client = await harness.database.pool.connect();
  try {
    const read = await readCatalogRows(client, { TEXT: 'text@1' });
    return new Map(read.map((row) => [row.id, row]));
  } finally {
    client.release();
  }
}

describe('the rows of the catalog itself', () => {
  it('are the titles that somebody labelled, and no others', async () => {
    expect([...(await rows()).keys()]).toEqual([]);
  });

  it('hold an editor’s verdicts, each about its label alone, with the trailer’s words and vectors', async () => {
    const { prisma } = harness.database;
    const judge = (label: string, verdict: 'ACCEPT' | 'REJECT') =>
      reviewTag(prisma, { predictionId, label, verdict, reviewer: 'me' });
    await judge('mood/one', 'ACCEPT');
    await judge('mood/two', 'REJECT');
    await undoReview(prisma, (await judge('theme/one', 'ACCEPT')).id);
    expect((await rows()).get(titleId)).toMatchObject({
      soft: { mood: { one: 1, two: 0 } },
      ...{ labels: {}, lines: ['Run!'], vectors: { TEXT: Float32Array.of(1, 2) } },
    });
    expect((await rows()).get(titleId)?.soft).not.toHaveProperty('theme');
  });

  it('hold the genres of an import, with the synopsis where no trailer was analysed', async () => {
    const { prisma } = harness.database;
    const id = newId('title');
    await prisma.title.create({
      data: { id, name: 'T', synopsis: 'A horse.\n\nA duel.', genres: ['Western'] },
    });
    expect((await rows()).get(id)).toMatchObject({
      ...{ labels: { genre: ['Western'] }, soft: {}, lines: ['A horse.', 'A duel.'], vectors: {} },
    });
  });
});
