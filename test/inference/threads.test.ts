import { afterEach, describe, expect, it } from 'vitest';
import { type Tasks, ThreadPool } from '../../src/inference/threads.js';

interface SampleTasks extends Tasks {
  double(input: number): number;
  learn(factor: number): void;
  times(input: number): number;
  crash(input: null): never;
  refuse(input: null): never;
  wait(input: null): void;
  slow(milliseconds: number): string;
}

const entry = new URL('./sample-thread.mjs', import.meta.url);
const pools: ThreadPool<SampleTasks>[] = [];
const open = (size: number) => {
  const pool = new ThreadPool<SampleTasks>(entry, size);
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a pool of threads', () => {
  it('answers each of many calls with its own result', async () => {
    const pool = open(2);
    const inputs = Array.from({ length: 200 }, (_, i) => i);
    expect(await Promise.all(inputs.map((input) => pool.run('double', input)))).toEqual(
      inputs.map((i) => i * 2),
    );
  });

  it('fails only the calls of a thread that dies, and replaces it', async () => {
    const pool = open(2);
    const begun = withResolvers();
    const other = pool.run('slow', 500, { progress: () => begun.resolve() });
    await begun.promise;
    await expect(pool.run('crash', null)).rejects.toMatchObject({ code: 'WORKER_CRASHED', retryable: true });
    expect(await other).toBe('ended');
    expect(await Promise.all([1, 2, 3, 4].map((input) => pool.run('double', input)))).toEqual([2, 4, 6, 8]);
  });

  it('prepares a thread that takes the place of a crashed one before it answers', async () => {
    const pool = open(1);
    await pool.prepare('learn', 7);
    await expect(pool.run('crash', null)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    expect(await pool.run('times', 6)).toBe(42);
  });

  it('stops a running call when its caller gives up', async () => {
    const pool = open(1);
    const caller = new AbortController();
    const call = pool.run('wait', null, { signal: caller.signal, progress: () => caller.abort() });
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('does not begin a call whose caller gave up before', async () => {
    await expect(open(1).run('double', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('hides the words of an unexpected error from users and keeps them for the log', async () => {
    const failure = await open(1)
      .run('refuse', null)
      .catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'INTERNAL' });
    expect((failure as Error).message).not.toContain('secret');
    expect(((failure as Error).cause as Error).stack).toContain('a bug with a secret in it');
  });

  it('lets running calls end before it closes, and takes no new ones', async () => {
    const pool = open(1);
    const begun = withResolvers();
    const running = pool.run('slow', 50, { progress: () => begun.resolve() });
    await begun.promise;
    const closed = pool.close();
    await expect(pool.run('double', 1)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await running).toBe('ended');
    await closed;
  });
});
