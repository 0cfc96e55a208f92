import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doctor } from '../src/doctor.js';
import { createTestDatabase, type TestDatabase } from './database.js';

describe('marquee doctor', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await database.close();
  });

  async function checksFor(changes: Partial<TestDatabase['config']>) {
    const { checks } = await doctor({ ...database.config, ...changes });
    return new Map(checks.map((check) => [check.name, check]));
  }

  it('finds what is there and asks for nothing', async () => {
    const checks = await checksFor({});
    expect(checks.get('node')).toEqual({ name: 'node', ok: true, found: process.versions.node, fix: null });
    expect(checks.get('ffmpeg')).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^n?\d.*\(\/.*ffmpeg\)$/),
      fix: null,
    });
    expect(checks.get('database')).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^PostgreSQL \d+/),
      fix: null,
    });
    expect(checks.get('data folder')).toMatchObject({ ok: true, fix: null });
    for (const device of ['cuda', 'webgpu']) {
      const isThere = checks.get(device)?.found.startsWith('works');
      expect(checks.get(device)).toMatchObject({ ok: isThere ? true : null, fix: null });
    }
  });

  it('says of each thing that is wrong what is wrong and what to do', async () => {
    const file = path.join(database.config.dataFolder, '..', 'file');
    await writeFile(file, '');
    const checks = await checksFor({ dataFolder: file, databaseUrl: 'postgresql://me:s3cret@127.0.0.1:1/x' });
    expect(checks.get('data folder')).toEqual({
      name: 'data folder',
      ok: false,
      found: `The folder ${file} cannot be written`,
      fix: 'give this user the right to, or set MARQUEE_DATA to another folder.',
    });
    expect(checks.get('database')).toEqual({
      name: 'database',
      ok: false,
      found: 'Nothing listens at 127.0.0.1:1',
      fix: 'start PostgreSQL there or correct DATABASE_URL.',
    });
  });
});
