import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { Failure } from '../failure.js';
import { type FromThread, failureMessage, type Tasks, type ToThread } from './threads.js';

/**
 * Threads give way to the event loop, which has little to do but must do it at once: with it, its delay is 18.5 ms
 * at p99 while ten analyses run on two cores (`npm run bench -- api`).
 */
const NICENESS = 10;

/**
 * The inside of a worker thread: runs the tasks that the pool sends, each under its own AbortController, and
 * answers in messages. On `close` it waits for the running ones, then ends.
 *
 * @param options.givesWay false for a thread that requests wait for
 */
export function serveTasks(tasks: Tasks, { givesWay = true } = {}): void {
  const port = parentPort;
  if (!port) throw new Error('serveTasks runs inside a worker thread only');
  // Elsewhere the priority is the whole process's, not the thread's.
  if (givesWay && process.platform === 'linux') setPriority(NICENESS);
  const running = new Map<number, { controller: AbortController; ended: Promise<void> }>();
  const answer = (message: FromThread) => port.postMessage(message);
  let turn: Promise<void> = Promise.resolve();
  /**
   * Tasks begin in turns of the event loop of their own: between two of them, messages come in that the first one kept
   * waiting, and what they cancel does not begin.
   */
  const nextTurn = () => {
    turn = turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return turn;
  };

  const run = async (id: number, name: string, input: unknown, signal: AbortSignal) => {
    try {
      await nextTurn();
      if (signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
      const task = tasks[name];
      if (!task) throw new Error(`there is no task ${name}`);
      const output = await task(input, {
        signal,
        progress: (share) => answer({ kind: 'progress', id, share }),
      });
      answer({ kind: 'done', id, output });
    } catch (error) {
      answer(failureMessage(id, error));
    } finally {
      running.delete(id);
    }
  };

  port.on('messageerror', () => answer({ kind: 'unreadable' }));
  port.on('message', async (message: ToThread) => {
    if (message.kind === 'run') {
      const controller = new AbortController();
      running.set(message.id, {
        controller,
        ended: run(message.id, message.task, message.input, controller.signal),
      });
    } else if (message.kind === 'abort') {
      running.get(message.id)?.controller.abort();
    } else {
      await Promise.all([...running.values()].map((call) => call.ended));
      answer({ kind: 'closed' });
      port.close();
    }
  });
}
