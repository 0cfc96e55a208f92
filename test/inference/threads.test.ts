import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Tasks, ThreadPool } from '../../src/inference/threads.js';

interface SampleTasks extends Tasks {
  double(input: number): number;
  name(input: null): number;
  learn(factor: number): void;
  times(input: number): number;
  crash(input: null): never;
  misread(input: null): void;
  refuse(input: null): never;
  wait(input: null): void;
  slow(milliseconds: number): string;
  block(milliseconds: number): void;
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

  it('fails the calls of a thread when a message to it or from it cannot be read, and replaces it', async () => {
    const workers: Worker[] = [];
    const collect = (message: unknown) => workers.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', collect);
    const pool = open(1);
    const before = await pool.run('name', null);
    unsubscribe('worker_threads', collect);
    const begun = withResolvers();
    const lost = pool.run('wait', null, { progress: () => begun.resolve() });
    await begun.promise;
    workers[0]!.emit('messageerror', new Error('the bytes make no value'));
    await expect(lost).rejects.toMatchObject({ code: 'WORKER_CRASHED', retryable: true });
    const after = await pool.run('name', null);
    expect(after).not.toBe(before);
  });

  it('fails a call whose message the thread could not read', async () => {
    const pool = open(1);
    await expect(pool.run('misread', null)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    expect(await pool.run('double', 4)).toBe(8);
  });

  it('ends a thread that listens to nobody when it is stopped, and fails its calls as cancelled', async () => {
    const pool = open(1);
    const begun = withResolvers();
    const endless = pool.run('block', Number.POSITIVE_INFINITY, { progress: () => begun.resolve() });
    const waiting = pool.run('double', 1);
    const refused = [endless, waiting].map((call) =>
      expect(call).rejects.toMatchObject({ code: 'CANCELLED' }),
    );
    await begun.promise;
    await pool.stop();
    await Promise.all(refused);
  });

  it('does not begin what was cancelled while another task kept the thread busy', async () => {
    const pool = open(1);
    const stopping = new AbortController();
    const [begun, more] = [withResolvers(), [] as number[]];
    const first = pool.run('block', 200, { progress: () => begun.resolve() });
    const waiting = [1, 2].map((place) =>
      pool.run('block', 0, { signal: stopping.signal, progress: () => more.push(place) }),
    );
    await begun.promise;
    stopping.abort();
    const ended = await Promise.allSettled([first, ...waiting]);
    expect(ended.map((one) => (one.status === 'rejected' ? one.reason.code : 'ENDED'))).toEqual([
      'ENDED',
      'CANCELLED',
      'CANCELLED',
    ]);
    expect(more).toEqual([]);
  });

  it('starts another thread only when the others are busy', async () => {
    const pool = open(3);
    const first = await pool.run('name', null);
    expect(await pool.run('name', null)).toBe(first);
    const begun = withResolvers();
    const running = pool.run('slow', 50, { progress: () => begun.resolve() });
    await begun.promise;
    const second = await pool.run('name', null);
    expect(second).not.toBe(first);
    await running;
    const names = await Promise.all([1, 2, 3, 4].map(() => pool.run('name', null)));
    expect(new Set(names).size).toBe(3);
  });

  it('fails the calls of a thread that cannot start, and does not start it for ever', async () => {
    const pool = new ThreadPool<SampleTasks>(new URL('./no-such-thread.mjs', import.meta.url), 2);
    pools.push(pool);
    let started = 0;
    const count = () => started++;
    process.on('worker', count);
    for (const input of [1, 2]) {
      await expect(pool.run('double', input)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('worker', count);
    expect(started).toBe(2);
  });

  it('fails a call whose input cannot cross threads, and forgets it', async () => {
    const pool = open(2);
    const name = await pool.run('name', null);
    const uncloneable = (() => 1) as unknown as number;
    await expect(pool.run('double', uncloneable)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await pool.run('name', null)).toBe(name);
  });

  it('refuses calls that still wait for the preparation when it closes', async () => {
    const pool = open(1);
    const prepared = pool.prepare('learn', 7);
    const waiting = pool.run('times', 6);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' }), pool.close(), prepared]);
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
