import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.js';

const LOOK_MILLISECONDS = 1_000;
/** After a start that failed, as on a disk that is full. */
const LOOK_AGAIN_MILLISECONDS = 10_000;

export interface Kept {
  runs(): Promise<boolean>;
  /** Starts it, or finds that another process did. */
  restart(): Promise<void>;
}

/**
 * Starts the server again where it ended by itself, as one does that the system stopped for want of memory: those that
 * use it connect again by themselves.
 * @returns ends the watch, after a start that is under way
 */
export function keepRunning({ runs, restart }: Kept, log: Logger): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const watch = async () => {
    for (let pause = LOOK_MILLISECONDS; ; ) {
      await delay(pause, undefined, { signal, ref: false });
      pause = LOOK_MILLISECONDS;
      if (signal.aborted || (await runs())) continue;
      log.warn('The embedded PostgreSQL ended. It is started again.');
      try {
        await restart();
      } catch (error) {
        log.error(
          { err: error },
          'The embedded PostgreSQL could not be started again; it is tried once more.',
        );
        pause = LOOK_AGAIN_MILLISECONDS;
      }
    }
  };
  // Only its end ends it.
  const ended = watch().catch(() => undefined);
  return async () => {
    stop.abort();
    await ended;
  };
}
