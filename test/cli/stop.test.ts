import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedPostgres } from '../../src/catalog/embedded-postgres.js';
import { newId } from '../../src/catalog/id.js';
import { createLogger } from '../../src/log.js';
import { placeSample } from '../sample.js';

const cli = path.join(import.meta.dirname, '../../dist/cli.js');

let folder: string;
let cluster: string;
/** A trailer for `analyze`, and rows for the others. */
let given: { trailer: string; rows: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-stop-'));
  // PostgreSQL runs as another user where the tests are root.
  await chmod(folder, 0o755);
  const embedded = await openEmbeddedPostgres(folder, createLogger('silent'));
  await embedded.close();
  cluster = embedded.folder;
  const rows = path.join(folder, 'rows.jsonl');
  await writeFile(
    rows,
    '{"id": "a", "name": "A", "synopsis": "A duel at dawn.", "labels": {"mood": ["Dark"]}}\n',
  );
  given = { trailer: await placeSample({ dataFolder: folder }), rows };
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const COMMANDS: [name: string, args: () => string[]][] = [
  ['analyze', () => ['analyze', given.trailer]],
  ['import', () => ['import', given.rows]],
  ['export', () => ['export', 'predictions']],
  ['evaluate', () => ['evaluate', given.rows, '--classifier', newId('classifier')]],
  ['doctor', () => ['doctor']],
];

test.each(
  COMMANDS.flatMap(([name, args], i) => {
    const [signal, code] = i % 2 === 0 ? (['SIGINT', 130] as const) : (['SIGTERM', 143] as const);
    return [[name, signal, code, args] as const];
  }),
)(
  '%s that gets %s while its database starts stops it again, and exits with %i',
  async (_, signal, code, args) => {
    const starting = databaseStarts();
    const child = start(args());
    await Promise.race([starting, once(child, 'exit')]);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);

test('serve that gets SIGTERM before it is ready stops its database, and exits with 0, for its work is done', async () => {
  const starting = databaseStarts();
  const child = start(['serve']);
  await Promise.race([starting, once(child, 'exit')]);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await leftBehind()).toEqual([]);
}, 60_000);

function start(args: string[]): ChildProcess {
  const env = { ...process.env, DATABASE_URL: '', MARQUEE_DATA: folder, PORT: '0', LOG_LEVEL: 'silent' };
  return spawn(process.execPath, [cli, ...args], { env, stdio: 'ignore' });
}

/** When PostgreSQL writes which process it is. */
function databaseStarts(): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path.join(cluster, 'data'), (_, name) => {
      if (name !== 'postmaster.pid') return;
      watcher.close();
      resolve();
    });
  });
}

/** What a database that runs, or that somebody holds, has in its folders. */
async function leftBehind(): Promise<string[]> {
  const [data, users] = await Promise.all([
    readdir(path.join(cluster, 'data')),
    readdir(path.join(folder, 'postgres', 'users')),
  ]);
  return [...data.filter((name) => name === 'postmaster.pid'), ...users];
}
