import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Heartbeat, pidSpace } from '../../src/analysis/heartbeat.js';
import { addJob } from '../../src/analysis/jobs.js';
import { Queue } from '../../src/analysis/queue.js';
import type { AnalysisRunner, Outcome } from '../../src/analysis/runner.js';
import { openDatabase } from '../../src/catalog/database.js';
import { Door } from '../door.js';
import { type Harness, openHarness, silent } from './harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(async () => {
  await harness?.close();
});

/** A queue over the test's database whose runs of analyses are `run`. */
function queueWith(run: (id: string) => Promise<Outcome>, { prisma, pool } = harness.database): Queue {
  const idle = { stop: () => undefined, abortUnwanted: async () => undefined };
  const analyses = { run, ...idle } as unknown as AnalysisRunner;
  const learner = { run: async () => true, ...idle };
  return new Queue({ prisma, pool, log: silent }, analyses, learner, 1);
}

const addJobOf = (id: string) =>
  harness.database.prisma.$transaction((tx) => addJob(tx, id, { priority: 0 }));

async function holders(): Promise<(string | null)[]> {
  const { rows } = await harness.database.pool.query(
    'SELECT locked_by FROM graphile_worker.jobs ORDER BY id',
  );
  return rows.map(({ locked_by }) => locked_by);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

describe('the queue', () => {
  it('signs on under the name that its jobs are locked with, so that others can free them when it dies', async () => {
    let end = () => {};
    const running = new Promise<void>((resolve) => {
      end = resolve;
    });
    const queue = queueWith(() => running.then(() => 'SUCCEEDED'));
    await queue.start('worker');
    await addJobOf('analysis_held');
    await until(async () => (await holders())[0] != null);
    const [signedOn] = await harness.database.prisma.process.findMany();
    expect(signedOn?.workers).toEqual(await holders());
    end();
    await queue.stop();
    expect(await holders()).toEqual([]);
  });

  it('goes on after the database was away, with the job whose end it could not tell', async () => {
    const { door, url } = await Door.to(harness.database.url);
    const behind = await openDatabase({ ...harness.config, databaseUrl: url }, silent);
    const runs: string[] = [];
    const queue = queueWith(async (id) => {
      runs.push(id);
      if (runs.length === 1) door.shut();
      return 'SUCCEEDED';
    }, behind);
    await queue.start('worker');
    await addJobOf('analysis_cut_off');
    await until(async () => !queue.alive);
    door.open = true;
    await until(async () => (await holders()).length === 0);
    expect(runs).toEqual(['analysis_cut_off', 'analysis_cut_off']);
    expect(queue.alive).toBe(true);
    await queue.stop();
    await behind.close();
    door.close();
  }, 30_000);

  it('can be stopped while the database is away', async () => {
    const { door, url } = await Door.to(harness.database.url);
    const behind = await openDatabase({ ...harness.config, databaseUrl: url }, silent);
    const queue = queueWith(async () => 'SUCCEEDED', behind);
    await queue.start('worker');
    door.shut();
    await queue.stop();
    expect(queue.alive).toBe(false);
    await behind.close();
    door.close();
    await harness.database.prisma.process.deleteMany();
  }, 30_000);

  it('leaves a job alone that another worker has taken over meanwhile', async () => {
    let ran = () => {};
    const taken = new Promise<void>((resolve) => {
      ran = resolve;
    });
    const queue = queueWith(async () => {
      await harness.database.pool.query(
        `UPDATE graphile_worker._private_jobs SET locked_by = 'pool-of-another', locked_at = now()`,
      );
      ran();
      return 'STALE';
    });
    await queue.start('worker');
    await addJobOf('analysis_taken_over');
    await taken;
    await queue.stop();
    expect(await holders()).toEqual(['pool-of-another']);
    await harness.database.pool.query('DELETE FROM graphile_worker._private_jobs');
  });
});

describe('the heartbeat', () => {
  it('takes a fresh process for dead only where its pid means something here: not in another container', async () => {
    const { prisma } = harness.database;
    // No system gives out a pid this high.
    const gone = { pid: 2 ** 31 - 1, role: 'worker' };
    const elsewhere = `${pidSpace()}1`;
    await prisma.process.create({
      data: { id: 'process_here', host: pidSpace(), workers: ['here'], ...gone },
    });
    await prisma.process.create({
      data: { id: 'process_there', host: elsewhere, workers: ['there'], ...gone },
    });
    const freed: string[][] = [];
    const options = { role: 'worker', freeJobs: async (workers: string[]) => void freed.push(workers) };
    const heartbeat = new Heartbeat(prisma, silent, options);
    await heartbeat.start();
    await heartbeat.stop();
    expect(freed).toEqual([['here']]);
    await prisma.process.deleteMany();
  });

  it('frees jobs held for more than 12 s by a worker of no process, and no younger ones', async () => {
    await addJobOf('analysis_old');
    await addJobOf('analysis_young');
    await harness.database.pool.query(
      `UPDATE graphile_worker._private_jobs
       SET locked_by = key, locked_at = now() - CASE key WHEN 'analysis_old' THEN 13 ELSE 3 END * interval '1 s'`,
    );
    const freed: string[][] = [];
    const options = { role: 'worker', freeJobs: async (workers: string[]) => void freed.push(workers) };
    const heartbeat = new Heartbeat(harness.database.prisma, silent, options);
    await heartbeat.start();
    await heartbeat.stop();
    expect(freed).toEqual([['analysis_old']]);
    await harness.database.pool.query('DELETE FROM graphile_worker._private_jobs');
  });
});
