import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyMigrations } from '../../src/catalog/migrations.js';
import { vectorBytes } from '../../src/catalog/vector-bytes.js';
import { createLogger } from '../../src/log.js';
import { type Marquee, startMarquee } from '../../src/main.js';
import { createTestDatabase, type TestDatabase } from '../database.js';

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
const FIRST = '20261122000000_init';

let database: TestDatabase;
let marquee: Marquee;

/** A database as the first version left it, with a row in every table that holds what cannot be computed again. */
beforeAll(async () => {
  database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const old = await mkdtemp(path.join(tmpdir(), 'marquee-old-'));
  await cp(path.join(MIGRATIONS, FIRST), path.join(old, FIRST), { recursive: true });
  await applyMigrations(client, old);
  await rm(old, { recursive: true });
  await client.query(ROWS);
  await client.query('INSERT INTO "SignalVector" VALUES ($1, $2, $3, $4, $5, $6, NULL)', [
    ...['vectors_1', 'trailer_1', 'SOUND', 'sound@0'],
    ...[vectorBytes(Float32Array.of(1, 2)), {}],
  ]);
  await client.end();
  marquee = await startMarquee({ ...database.config, role: 'api' }, createLogger('silent'));
});
afterAll(async () => {
  await marquee?.close();
  await database?.close();
});

const ROWS = `
  INSERT INTO "Title" VALUES ('title_1', 'Old film', 1999, 'A ghost.', '{Horror}', now(), now());
  INSERT INTO "ExternalId" VALUES ('imdb', 'tt1', 'title_1');
  INSERT INTO "Trailer" VALUES ('trailer_1', 'title_1', 'PATH', '/a.mp4', 'hash', 60, 640, 360, 'en', now());
  INSERT INTO "Analysis" ("id", "trailerId", "state", "pack") VALUES ('analysis_1', 'trailer_1', 'SUCCEEDED', 'compact');
  INSERT INTO "AnalysisEvent" VALUES ('analysis_1', 1, 'STATE', 'SUCCEEDED', NULL, 1, 'Done.', now());
  INSERT INTO "Label" VALUES
    ('mood/dark', 'MOOD', 'Dark', 'Dark.'), ('mood/light', 'MOOD', 'Light', 'Light.'),
    ('genre/horror', 'GENRE', 'Horror', 'Horror.');
  INSERT INTO "Classifier" ("id", "pack", "fingerprint", "active", "figures")
    VALUES ('classifier_1', 'compact', 'compact-head@0', true, '{}');
  INSERT INTO "Prediction" VALUES
    ('prediction_1', 'trailer_1', 'analysis_1', 'classifier_1', '{"overall": 0.5, "notes": []}', '\\x00', 'fused@0', now());
  INSERT INTO "Tag" VALUES
    ('prediction_1', 'mood/dark', 1, 0.5, 'ACCEPTED', 'PRIMARY', '{"TEXT": 1}'),
    ('prediction_1', 'mood/light', 0.1, 0.5, 'BELOW_THRESHOLD', NULL, '{}'),
    ('prediction_1', 'genre/horror', 0.2, 0.5, 'ABSTAINED', NULL, '{}');
  INSERT INTO "Evidence" VALUES
    ('prediction_1', 'mood/dark', 2, 5, 6, 'SOUND', 0.5, NULL, NULL),
    ('prediction_1', 'mood/dark', 1, 1, 2, 'TEXT', 1.5, 'Murder.', NULL);
  INSERT INTO "Review" VALUES ('review_1', 'prediction_1', 'mood/light', 'REJECT', 'No.', 'desk', now(), NULL);
  INSERT INTO "Upload" VALUES ('upload_1', 'hash', 10, 'a.mp4', now());`;

it('of the first version is brought up to date with all that it knows', async () => {
  const { prisma } = marquee.engine.database;
  const query = `{ title(id: "title_1") {
    name releaseYear genres externalIds { source value }
    prediction {
      classifier { id }
      tags { label { id } state weight probability review { verdict reason }
        evidence { signal startSeconds line contribution } }
    } } }`;
  const response = await fetch(`${marquee.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
  expect(errors).toBeUndefined();
  expect(data.title).toMatchObject({
    ...{ name: 'Old film', releaseYear: 1999, genres: ['Horror'] },
    externalIds: [{ source: 'imdb', value: 'tt1' }],
    prediction: { classifier: { id: 'classifier_1' } },
  });
  const { tags } = (data.title as { prediction: { tags: { label: { id: string } }[] } }).prediction;
  const tagOf = (id: string) => tags.find(({ label }) => label.id === id);
  expect(tagOf('mood/dark')).toMatchObject({
    ...{ state: 'ACCEPTED', weight: 'PRIMARY', probability: 1 },
    evidence: [
      { signal: 'TEXT', startSeconds: 1, line: 'Murder.', contribution: 1.5 },
      { signal: 'SOUND', startSeconds: 5, line: null, contribution: 0.5 },
    ],
  });
  expect(tagOf('mood/light')).toMatchObject({
    ...{ state: 'BELOW_THRESHOLD', probability: 0.1 },
    review: { verdict: 'REJECT', reason: 'No.' },
  });
  expect(tagOf('genre/horror')).toMatchObject({ state: 'ABSTAINED', probability: 0.2 });
  expect(await prisma.upload.count()).toBe(1);
  expect(await prisma.signalVector.count({ where: { vector: vectorBytes(Float32Array.of(1, 2)) } })).toBe(1);
});

it('is found by discovery', async () => {
  const { discovery, database } = marquee.engine;
  await discovery.makeProfiles();
  const profile = await database.prisma.titleProfile.findUniqueOrThrow({ where: { titleId: 'title_1' } });
  expect(profile.labels).toContain('mood/dark');
});
