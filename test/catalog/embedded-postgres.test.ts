import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/catalog/embedded-postgres.js';
import { postgresFailure } from '../../src/catalog/embedded-postgres-cluster.js';
import { machineSettings } from '../../src/catalog/embedded-postgres-settings.js';
import { createLogger } from '../../src/log.js';

const holderScript = fileURLToPath(new URL('postgres-holder.mjs', import.meta.url));
const log = createLogger('silent');

/** A Marquee process that has the database open. */
interface Holder {
  process: ChildProcess;
  url: string;
}

describe('the embedded PostgreSQL', () => {
  let folder: string;
  const holders: ChildProcess[] = [];
  const open: EmbeddedPostgres[] = [];

  // One cluster for all tests, as making one takes longer than everything else here.
  beforeAll(async () => {
    folder = await makeFolder();
    await (await openEmbeddedPostgres(folder, log)).close();
  });

  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.kill('SIGKILL');
    for (const embedded of open.splice(0)) await embedded.close();
    await (await openEmbeddedPostgres(folder, log)).close();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** One that other users may enter, so that the cluster is in it for root too. */
  async function makeFolder(): Promise<string> {
    const made = await mkdtemp(path.join(tmpdir(), 'marquee-embedded-'));
    await chmod(made, 0o755);
    return made;
  }

  async function openHere(): Promise<EmbeddedPostgres> {
    const embedded = await openEmbeddedPostgres(folder, log);
    open.push(embedded);
    return embedded;
  }

  async function closeHere(embedded: EmbeddedPostgres): Promise<void> {
    open.splice(open.indexOf(embedded), 1);
    await embedded.close();
  }

  it.each([
    [1, '128MB'],
    [8, '512MB'],
    [64, '1024MB'],
  ])('has a sixteenth of %d GiB for its cache, within bounds: %s', (gibibytes, cache) => {
    expect(machineSettings(gibibytes * 2 ** 30).shared_buffers).toBe(cache);
  });

  it('runs with the settings of its machine', async () => {
    const client = new pg.Client({ connectionString: (await openHere()).urlOf('postgres') });
    await client.connect();
    const { rows } = await client.query(
      `SELECT pg_size_bytes(current_setting('shared_buffers'))::text AS "cache", pg_size_bytes($1)::text AS "told"`,
      [machineSettings().shared_buffers],
    );
    await client.end();
    expect(rows[0].cache).toBe(rows[0].told);
  });

  function startHolder(dataFolder = folder): ChildProcess {
    const child = fork(holderScript, [dataFolder], { detached: true });
    holders.push(child);
    return child;
  }

  async function openElsewhere(dataFolder = folder): Promise<Holder> {
    const child = startHolder(dataFolder);
    const [url] = await once(child, 'message');
    return { process: child, url };
  }

  async function closeElsewhere(holder: Holder): Promise<void> {
    holder.process.send('close');
    await once(holder.process, 'exit');
  }

  async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const ended = once(child, 'exit');
    // The group, as a terminal does it for Ctrl-C.
    process.kill(-(child.pid ?? 0), signal);
    await ended;
  }

  const pidFile = () => path.join(folder, 'postgres', 'data', 'postmaster.pid');
  const serverPid = async () => Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);

  async function answers(url: string): Promise<boolean> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 15_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  it('is shared by the processes of a folder, and the last one stops it', async () => {
    const [first, second] = await Promise.all([openElsewhere(), openElsewhere()]);
    const here = await openHere();
    expect(new Set([first.url, second.url, here.urlOf('postgres')]).size).toBe(1);
    await closeElsewhere(first);
    await closeHere(here);
    expect(await answers(second.url)).toBe(true);
    await closeElsewhere(second);
    expect(await answers(second.url)).toBe(false);
    await expect(stat(pidFile())).rejects.toThrow(/ENOENT/);
  });

  it('is started again when it dies, and found under the same URL', async () => {
    const here = await openHere();
    const died = await serverPid();
    process.kill(died, 'SIGKILL');
    await vi.waitFor(async () => expect(await serverPid()).not.toBe(died), { timeout: 15_000, interval: 20 });
    await vi.waitFor(async () => expect(await answers(here.urlOf('postgres'))).toBe(true), {
      timeout: 15_000,
    });
    await closeHere(here);
    expect(await answers(here.urlOf('postgres'))).toBe(false);
  }, 40_000);

  it('is taken over from a process that was killed, and then stopped', async () => {
    const killed = await openElsewhere();
    const pid = await serverPid();
    await kill(killed.process, 'SIGKILL');
    const here = await openHere();
    expect(await serverPid()).toBe(pid);
    expect(await answers(here.urlOf('postgres'))).toBe(true);
    await closeHere(here);
    expect(await answers(here.urlOf('postgres'))).toBe(false);
  });

  it('outlives Ctrl-C in the terminal until its process has closed it', async () => {
    const holder = await openElsewhere();
    const pid = await serverPid();
    await kill(holder.process, 'SIGINT');
    expect(await answers(holder.url)).toBe(true);
    expect(await serverPid()).toBe(pid);
  });

  it('starts again after PostgreSQL itself was killed', async () => {
    const killed = await openElsewhere();
    process.kill(await serverPid(), 'SIGKILL');
    await kill(killed.process, 'SIGKILL');
    const here = await openHere();
    expect(await answers(here.urlOf('postgres'))).toBe(true);
  });

  it('is not fooled by a stale pid file whose number another program has now', async () => {
    const data = path.join(folder, 'postgres', 'data');
    await writeFile(pidFile(), `${process.pid}\n${data}\n1700000000\n1\n\n127.0.0.1\n0 0\nready\n`, {
      mode: 0o600,
    });
    const here = await openHere();
    expect(await serverPid()).not.toBe(process.pid);
    expect(await answers(here.urlOf('postgres'))).toBe(true);
  });

  it('is made anew after a kill while it was being made', async () => {
    const fresh = await makeFolder();
    try {
      await mkdir(path.join(fresh, 'postgres'));
      const begun = new Promise<void>((resolve) => {
        const watcher = watch(path.join(fresh, 'postgres'), (_, name) => {
          if (!name?.startsWith('new-')) return;
          watcher.close();
          resolve();
        });
      });
      const child = startHolder(fresh);
      await begun;
      // The process alone: what it had started to make the files may still be at it.
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await readdir(path.join(fresh, 'postgres'))).not.toContain('data');
      const holder = await openElsewhere(fresh);
      expect(await answers(holder.url)).toBe(true);
      await closeElsewhere(holder);
      expect(await readdir(path.join(fresh, 'postgres'))).not.toContainEqual(expect.stringMatching(/^new-/));
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  });

  it.runIf(process.getuid?.() === 0)(
    'runs for root too where other users may not enter the folder',
    async () => {
      const closed = await mkdtemp(path.join(tmpdir(), 'marquee-embedded-'));
      const embedded = await openEmbeddedPostgres(closed, log);
      try {
        expect(await answers(embedded.urlOf('postgres'))).toBe(true);
        expect(embedded.folder.startsWith(closed)).toBe(false);
        expect((await stat(path.join(embedded.folder, 'data'))).uid).not.toBe(0);
      } finally {
        await embedded.close();
        await rm(embedded.folder, { recursive: true, force: true });
        await rm(closed, { recursive: true, force: true });
      }
    },
  );

  it('keeps its password from other users', async () => {
    const { mode } = await stat(path.join(folder, 'postgres', 'password'));
    expect(mode & 0o077).toBe(0);
  });

  it('says that the folder cannot be written when a file is in its way', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await expect(openEmbeddedPostgres(file, log)).rejects.toMatchObject({ code: 'FOLDER_UNWRITABLE' });
  });

  it.skipIf(process.platform !== 'linux')(
    'says so too where the system lets nobody make a folder',
    async () => {
      await expect(openEmbeddedPostgres('/proc/marquee/data', log)).rejects.toMatchObject({
        code: 'FOLDER_UNWRITABLE',
      });
    },
  );

  it('says that the disk is full in whichever words PostgreSQL puts it', () => {
    for (const said of [
      'initdb: error: could not write file "/d/base/1/2608": No space left on device',
      'FATAL:  could not write lock file "postmaster.pid": No space left on device',
    ]) {
      expect(postgresFailure(said, 'did not start', '/d')).toMatchObject({ code: 'DISK_FULL' });
    }
  });

  it('passes on what else PostgreSQL said when it gave up', () => {
    const said = 'LOG:  starting\nFATAL:  data directory "/d/data" has wrong ownership\nHINT:  something\n';
    expect(postgresFailure(said, 'did not start', '/d').message).toContain(
      'data directory "/d/data" has wrong ownership',
    );
  });
});
