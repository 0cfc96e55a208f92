import { Failure } from '../failure.js';

/** Lets work on one thing run one after the other, in the order in which it was asked for. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` once all earlier work on `key` has ended. @throws CANCELLED when `signal` aborts before that */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const last = before.then(() => ended);
    this.#last.set(key, last);
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      end();
      if (this.#last.get(key) === last) this.#last.delete(key);
    }
  }
}

/**
 * What is waited for, or the abort at once: a run inside a model cannot be interrupted, and ends unheard.
 * @throws CANCELLED when `signal` aborts before that
 */
export async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  const cancelled = () => new Failure('CANCELLED', 'The work was cancelled.');
  if (signal.aborted) {
    // Nobody hears how it ends, and a rejection that nobody hears ends the process.
    waited.catch(() => {});
    throw cancelled();
  }
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(cancelled());
    signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([waited, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
