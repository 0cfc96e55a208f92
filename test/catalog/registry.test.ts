import { afterAll, beforeAll, expect, it } from 'vitest';
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
