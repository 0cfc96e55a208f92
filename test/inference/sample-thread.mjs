import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, threadId } from 'node:worker_threads';
import { serveTasks } from '../../dist/inference/thread.js';

let multiple = 2;

serveTasks({
  learn: async (factor) => {
    await delay(20);
    multiple = factor;
  },
  times: (input) => input * multiple,
  name: () => threadId,
  double: (input) => input * 2,
  crash: () => {
    setImmediate(() => {
      throw new Error('the thread falls over');
    });
    return new Promise(() => undefined);
  },
  /** As Node tells of a message that it cannot read. */
  misread: () => {
    parentPort.emit('messageerror', new Error('the bytes make no value'));
  },
  refuse: () => {
    throw new Error('a bug with a secret in it');
  },
  /** Ends when it is aborted; tells that it has begun by its progress. */
  wait: async (_input, { signal, progress }) => {
    progress(0.5);
    await delay(60_000, undefined, { signal });
  },
  /** Lets nothing else into the thread meanwhile, and tells that it has begun. */
  block: (milliseconds, { progress }) => {
    progress(0);
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
  },
  slow: async (milliseconds, { progress }) => {
    progress(0);
    await delay(milliseconds);
    return 'ended';
  },
});
