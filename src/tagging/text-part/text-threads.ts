import { usableCores } from '../../inference/machine.js';
import { builtModule, ThreadPool } from '../../inference/threads.js';
import type { trainTasks } from '../train-thread.js';

/**
 * Threads for what is learned from words. It is plain JavaScript: when the training is given up they are stopped at once.
 */
export async function withTextThreads<T>(
  signal: AbortSignal,
  work: (threads: ThreadPool<typeof trainTasks>) => Promise<T>,
): Promise<T> {
  const threads = new ThreadPool<typeof trainTasks>(
    builtModule('../train-thread.js', import.meta.url),
    usableCores(),
  );
  const stop = () => void threads.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work(threads);
  } finally {
    signal.removeEventListener('abort', stop);
    await threads.close();
  }
}
