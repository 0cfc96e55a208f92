import { readdir, readFile } from 'node:fs/promises';

const EVERY_MS = 50;

/** Watches a process and all its children until stopped. Linux only: elsewhere the peak is null. */
export class MemoryWatch {
  #peakBytes = 0;
  #stopped = false;
  readonly #watching: Promise<void>;

  constructor(pid: number) {
    this.#watching = this.#watch(pid);
  }

  /** The largest sum of resident memory seen, in bytes. Pages that processes share count once for each. */
  async stop(): Promise<number | null> {
    this.#stopped = true;
    await this.#watching;
    return process.platform === 'linux' ? this.#peakBytes : null;
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stopped && process.platform === 'linux') {
      this.#peakBytes = Math.max(this.#peakBytes, await residentBytes(pid));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

async function residentBytes(pid: number): Promise<number> {
  const [status, children] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
    childrenOf(pid),
  ]);
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  const below = await Promise.all(children.map(residentBytes));
  return kibibytes * 1024 + below.reduce((sum, bytes) => sum + bytes, 0);
}

/** Children of every thread: a worker thread's ffmpeg belongs to that thread. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
