import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/catalog/database.js';
import { makeProfiles } from '../../src/discovery/profiles.js';
import type { DiscoveryTasks } from '../../src/discovery/tasks.js';
import type { ReadText } from '../../src/discovery/text-reader.js';
import type { ThreadPool } from '../../src/inference/threads.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

const MODELS = { TEXT: 'text-1', PICTURE: 'picture-1', SOUND: 'sound-1' };

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = await openDatabase(own.config, createLogger('silent'));
});
afterAll(async () => {
  await database.close();
  await own.close();
});

/** Reads a text as one vector, its first letter; `before` runs while it is read. */
function readers(before: () => Promise<void>): ThreadPool<DiscoveryTasks> {
  const read = (synopsis: string | null): ReadText => ({
    ...{
      vector: Float32Array.of(synopsis?.charCodeAt(0) ?? 0, 1),
      words: null,
      opinions: [],
      given: [],
      dense: 2,
    },
  });
  return {
    size: 1,
    run: async (_task: string, { texts }: { texts: { synopsis: string | null }[] }) => {
      await before();
      return texts.map(({ synopsis }) => read(synopsis));
    },
  } as unknown as ThreadPool<DiscoveryTasks>;
}

test('a title that changes while its profile is made gets another one; the others are made once', async () => {
  const { prisma, pool } = database;
  const titles = ['a', 'b', 'c'].map((id) => ({ id, name: id, synopsis: 'before', genres: [] }));
  await prisma.title.createMany({ data: titles });
  const rounds: number[] = [];
  const threads = readers(async () => {
    if (rounds.length > 0) return;
    await prisma.title.update({ where: { id: 'b' }, data: { synopsis: 'storm' } });
  });
  const parts = { pool, threads, packFolder: '', models: MODELS };
  await makeProfiles(parts, new AbortController().signal, (made) => rounds.push(made));
  expect(rounds).toEqual([3, 1]);
  const { rows } = await pool.query(
    `SELECT "titleId", "words" @@ to_tsquery('english', 'storm') AS "isNew" FROM "TitleProfile" ORDER BY "revision"`,
  );
  expect(rows).toEqual([
    { titleId: 'a', isNew: false },
    { titleId: 'c', isNew: false },
    { titleId: 'b', isNew: true },
  ]);
  expect(await prisma.outdatedProfile.count()).toBe(0);
});
