import { readdirSync, readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_BLEND, DENSE_ASPECTS, similarity, unit } from '../../src/discovery/aspect.js';
import { CatalogIndex } from '../../src/discovery/catalog-index.js';
import { chooseEngine, isUsable } from '../../src/discovery/engine-choice.js';
import { IndexSource } from '../../src/discovery/index-source.js';
import { MemoryEngine } from '../../src/discovery/memory-engine.js';
import { PGVECTOR_SETTINGS, PgvectorEngine } from '../../src/discovery/pgvector-engine.js';
import { EVERYTHING, type VectorEngine } from '../../src/discovery/vector-engine.js';
import { inOrder, type Neighbour } from '../../src/discovery/vector-index.js';
import { randomStream } from '../../src/tagging/random.js';

const TITLES = 720;
const MODELS = { TEXT: 'text-1', PICTURE: 'picture-1', SOUND: 'sound-1' };
const DIMENSIONS = { TEXT: 24, PICTURE: 8, SOUND: 4 };
const LABELS = ['genre/a', 'genre/b', 'mood/c', 'mood/d', 'theme/e'].map((id, i) => ({
  ...{ id, name: id.split('/')[1]! },
  rarity: 1 + i / 4,
}));
const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

let database: PGlite;
let index: CatalogIndex;
let source: IndexSource;
let pgvector: PgvectorEngine;
let memory: MemoryEngine;

beforeAll(async () => {
  database = await PGlite.create({ extensions: { vector } });
  const folders = readdirSync(MIGRATIONS).filter((name) => /^\d{14}_/.test(name));
  for (const name of folders.sort())
    await database.exec(readFileSync(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8'));
  const random = randomStream(7);
  for (let i = 0; i < TITLES; i++) await write(i, random);
  index = new CatalogIndex(LABELS, DIMENSIONS, true);
  source = new IndexSource(database, MODELS);
  await source.readNewer(index);
  memory = new MemoryEngine(index, database);
  // The library comes with the table; settings of an unknown prefix would be refused before.
  pgvector = await PgvectorEngine.open(index, database, MODELS);
  for (const [, name, value] of PGVECTOR_SETTINGS.matchAll(/-c (\S+)=(\S+)/g))
    await database.exec(`SET ${name} = ${value}`);
}, 60_000);
afterAll(() => database.close());

const idOf = (i: number) => `title_${String(i).padStart(5, '0')}`;

/** A title of one of twelve kinds; a third of them have no trailer. */
async function write(i: number, random: () => number, model = MODELS.TEXT): Promise<void> {
  const kind = i % 12;
  const bytes = (length: number) =>
    Buffer.from(Float32Array.from({ length }, (_, k) => (k % 12 === kind ? 1.2 : 0) + random() - 0.5).buffer);
  const labels = LABELS.filter((_, k) => k === kind % 5 || random() < 0.3).map(({ id }) => id);
  const hasTrailer = i % 3 > 0;
  const words = Uint32Array.from(
    { length: 12 },
    (_, k) => (24 * k + (kind % 6) + Math.floor(12 * random())) * 256 + 200,
  );
  await database.query(
    `INSERT INTO "Title" ("id", "name", "genres", "releaseYear", "updatedAt")
     VALUES ($1, $1, '{}', $2, now()) ON CONFLICT DO NOTHING`,
    [idOf(i), 1900 + (i % 60)],
  );
  await database.query(
    `UPDATE "TitleProfile" SET "revision" = nextval('"TitleProfile_revision_seq"'),
       "textModel" = $2, "text" = $3, "pictureModel" = $4, "picture" = $5, "soundModel" = $6, "sound" = $7,
       "labels" = $8, "probabilities" = $9, "accepted" = $10, "terms" = $11
     WHERE "titleId" = $1`,
    [
      ...[
        idOf(i),
        model,
        bytes(DIMENSIONS.TEXT),
        MODELS.PICTURE,
        hasTrailer ? bytes(DIMENSIONS.PICTURE) : null,
      ],
      ...[MODELS.SOUND, hasTrailer ? bytes(DIMENSIONS.SOUND) : null],
      ...[labels, labels.map(() => 0.5 + random() / 2), Math.ceil(labels.length / 2)],
      Buffer.from(words.buffer),
    ],
  );
}

const similar = async (engine: VectorEngine, id: string, rest: object = {}): Promise<Neighbour[]> => {
  const query = (await engine.aspectsOf([id])).get(id)!;
  return engine.nearest({
    ...{ ...EVERYTHING, query, blend: DEFAULT_BLEND, limit: 10, without: new Set([id]) },
    ...rest,
  });
};

test('pgvector finds what exact search finds: recall@10 of at least 0.99, with the very same scores', async () => {
  let found = 0;
  for (let i = 0; i < 60; i++) {
    const [exact, near] = [await similar(memory, idOf(i * 11)), await similar(pgvector, idOf(i * 11))];
    const scoreOf = new Map(exact.map(({ id, score }) => [id, score]));
    for (const { id, score } of near) {
      if (!scoreOf.has(id)) continue;
      found++;
      expect(score).toBe(scoreOf.get(id));
    }
  }
  expect(found / 600).toBeGreaterThanOrEqual(0.99);
});

test.each([
  ['text alone', { TEXT: 1, WORDS: 0, PICTURE: 0, SOUND: 0, TAGS: 0 }],
  ['words and tags', { TEXT: 0, WORDS: 1, PICTURE: 0, SOUND: 0, TAGS: 0.5 }],
  ['picture and tags', { TEXT: 0, WORDS: 0, PICTURE: 1, SOUND: 0, TAGS: 0.5 }],
])('another blend finds its own neighbours: %s', async (_, blend) => {
  let found = 0;
  for (let i = 0; i < 20; i++) {
    const truth = new Set((await similar(memory, idOf(i * 31 + 1), { blend })).map(({ id }) => id));
    found += (await similar(pgvector, idOf(i * 31 + 1), { blend })).filter(({ id }) => truth.has(id)).length;
  }
  expect(found / 200).toBeGreaterThanOrEqual(0.95);
});

describe.each([
  ['in memory', () => memory as VectorEngine],
  ['pgvector', () => pgvector as VectorEngine],
])('a condition never shortens the list: %s', (_, engine) => {
  test('a filter that one title in 60 passes', async () => {
    const restriction = { filter: { releaseYear: { min: 1903, max: 1903 } } };
    const near = await similar(engine(), idOf(5), { restriction, limit: 12 });
    expect(near.map(({ id }) => id).sort()).toEqual(Array.from({ length: 12 }, (_, k) => idOf(3 + 60 * k)));
  });

  test('labels to have and labels not to have', async () => {
    const labels = { include: [[0, 1]], exclude: [2] };
    const near = await similar(engine(), idOf(8), { labels, limit: 50 });
    expect(near.length).toBe(50);
    for (const { id } of near) expect(index.labels.fits(index.numbers.of(id)!, labels)).toBe(true);
  });

  test('a score to reach', async () => {
    const all = await similar(engine(), idOf(9), { limit: 40 });
    const minScore = all[12]!.score;
    const near = await similar(engine(), idOf(9), { limit: 40, minScore });
    expect(near).toEqual(all.filter(({ score }) => score >= minScore));
  });

  test('pages give no title twice and fall in score', async () => {
    const listed: Neighbour[] = [];
    for (let after: Neighbour | null = null; listed.length < 120; after = listed.at(-1)!)
      listed.push(...(await similar(engine(), idOf(4), { after, limit: 30 })));
    expect(new Set(listed.map(({ id }) => id)).size).toBe(120);
    expect(listed).toEqual([...listed].sort(inOrder));
  });
});

test('pgvector follows the catalog: what changes is found anew, what goes is gone', async () => {
  const random = randomStream(99);
  await write(TITLES, random);
  await write(2, random);
  await database.query(`DELETE FROM "Title" WHERE "id" = $1`, [idOf(14)]);
  await source.readNewer(index);
  index.remove(idOf(14));
  await pgvector.refresh();
  for (const i of [TITLES, 2]) {
    const [exact, near] = [await similar(memory, idOf(i)), await similar(pgvector, idOf(i))];
    expect(near).toEqual(exact);
    const [first] = near;
    const back = await similar(pgvector, first!.id, { limit: 400 });
    expect(back.map(({ id }) => id)).toContain(idOf(i));
  }
  const rest = await similar(pgvector, idOf(2), { limit: 400 });
  expect(rest.map(({ id }) => id)).not.toContain(idOf(14));
});

test("a vector of another model's making is none, and a table made for other models is made anew", async () => {
  await write(20, randomStream(5), 'text-0');
  await source.readNewer(index);
  await pgvector.refresh();
  const aspects = (await pgvector.aspectsOf([idOf(20)])).get(idOf(20))!;
  expect(aspects.TEXT).toBeNull();
  const later = { ...MODELS, TEXT: 'text-0' };
  const other = new CatalogIndex(LABELS, DIMENSIONS, false);
  await new IndexSource(database, later).readNewer(other);
  const engine = await PgvectorEngine.open(other, database, later);
  const { rows } = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM "TitleVector" WHERE "text" IS NOT NULL`,
  );
  expect(rows[0]!.n).toBe(1);
  const near = await similar(engine, idOf(21));
  expect(near.length).toBe(10);
});

test('both give vectors of length 1, from which the scores are computed', async () => {
  const ids = [idOf(30), idOf(31)];
  const [a, b] = [await memory.aspectsOf(ids), await pgvector.aspectsOf(ids)];
  for (const id of ids)
    for (const aspect of DENSE_ASPECTS)
      expect(Array.from(unit(b.get(id)![aspect]) ?? [])).toEqual(Array.from(a.get(id)![aspect] ?? []));
  for (const id of ids) expect(b.get(id)!.WORDS).toEqual(a.get(id)!.WORDS);
  expect(similarity(a.get(ids[0]!)!, a.get(ids[0]!)!, DEFAULT_BLEND)).toBeCloseTo(1, 6);
});

describe('the choice of an engine', () => {
  test('falls on memory for a catalog that memory serves well, on pgvector where it is asked for', async () => {
    expect(await chooseEngine(database, 'auto')).toMatchObject({ kind: 'memory' });
    expect(await chooseEngine(database, 'pgvector')).toMatchObject({ kind: 'pgvector', threads: 1 });
  });

  test('without pgvector falls on memory, and says what to do where it was asked for', async () => {
    const without = { query: async <Row>() => ({ rows: [] as Row[] }) };
    expect(await chooseEngine(without, 'auto')).toMatchObject({
      kind: 'memory',
      reason: 'exact search in memory: the database has no pgvector',
    });
    await expect(chooseEngine(without, 'pgvector')).rejects.toThrow(/install pgvector 0.7 or newer/);
  });

  test('takes pgvector from version 0.7, the first with halfvec', () => {
    expect(['0.6.2', '0.7.0', '0.8.6', '0.10.1', '1.0.0'].map(isUsable)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });
});
