import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerClassifier } from '../../src/catalog/classifiers.js';
import { type Database, openDatabase } from '../../src/catalog/database.js';
import { registerLabels } from '../../src/catalog/registry.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase } from '../database.js';

let database: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  const own = await createTestDatabase();
  database = await openDatabase(own.config, createLogger('silent'));
  close = async () => {
    await database.close();
    await own.close();
  };
});
afterAll(() => close());

const label = (id: string, definition: string) => ({ id, group: 'MOOD' as const, name: id, definition });
const stored = () => database.prisma.label.findMany({ orderBy: { id: 'asc' } });
const written = async () =>
  (await database.pool.query<{ version: string }>('SELECT xmin::text AS version FROM "Label" ORDER BY "id"'))
    .rows;

it('writes new labels, changes those that changed, and keeps those that left the taxonomy', async () => {
  await registerLabels(database.prisma, [label('mood/a', 'first'), label('mood/b', 'first')]);
  await registerLabels(database.prisma, [label('mood/b', 'second'), label('mood/c', 'first')]);
  expect(await stored()).toEqual([
    label('mood/a', 'first'),
    label('mood/b', 'second'),
    label('mood/c', 'first'),
  ]);
});

it('writes nothing where every label is there', async () => {
  const labels = await stored();
  const before = await written();
  await registerLabels(database.prisma, labels);
  expect(await written()).toEqual(before);
});

describe('the shipped classifier', () => {
  const shipped = { pack: 'compact', fingerprint: 'head@1', encoders: ['text@1'], figures: { f1: 0.4 } };
  const known = async () =>
    (
      await database.pool.query<{ version: string; figures: object; active: boolean }>(
        'SELECT xmin::text AS version, "figures", "active" FROM "Classifier" WHERE "fingerprint" = $1',
        [shipped.fingerprint],
      )
    ).rows;

  it('is active from the first start on, and a later start writes nothing', async () => {
    expect(await registerClassifier(database.prisma, shipped)).toBeNull();
    const [first] = await known();
    expect(first).toMatchObject({ active: true, figures: { f1: 0.4 } });
    expect(await registerClassifier(database.prisma, shipped)).toBeNull();
    expect(await known()).toEqual([first]);
  });

  it('gets figures that were measured anew', async () => {
    await registerClassifier(database.prisma, { ...shipped, figures: { f1: 0.5 } });
    expect(await known()).toMatchObject([{ active: true, figures: { f1: 0.5 } }]);
  });

  it('takes the place of a trained one that reads other vectors', async () => {
    await database.prisma.classifier.updateMany({ data: { active: false } });
    const columns = { pack: 'compact', name: 'ours', fingerprint: 'ours@1', models: ['text@0'], figures: {} };
    await database.prisma.classifier.create({ data: { id: 'classifier_ours', ...columns, active: true } });
    const left = await registerClassifier(database.prisma, shipped);
    expect(left).toMatchObject({ name: 'ours' });
    expect(await known()).toMatchObject([{ active: true }]);
  });
});
