import './no-telemetry.js';
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { asFailure, Failure, type FailureCode } from '../failure.js';

/** What a task gets besides its input. */
export interface TaskContext {
  /** Aborted when the caller gives up; the task must then stop within a second. */
  signal: AbortSignal;
  /** Share done, 0 … 1. */
  progress(share: number): void;
}

/** Tasks by name: what a thread can do. Inputs and outputs are plain, cloneable values. */
// biome-ignore lint/suspicious/noExplicitAny: the map's values differ in input and output; each caller sees its own.
export type Tasks = Record<string, (input: any, context: TaskContext) => unknown>;

type Input<T extends Tasks, K extends keyof T> = Parameters<T[K]>[0];
type Output<T extends Tasks, K extends keyof T> = Awaited<ReturnType<T[K]>>;

/** Messages to a thread. */
export type ToThread =
  | { kind: 'run'; id: number; task: string; input: unknown }
  | { kind: 'abort'; id: number }
  | { kind: 'close' };

/** Messages from a thread. */
export type FromThread =
  | { kind: 'progress'; id: number; share: number }
  | { kind: 'done'; id: number; output: unknown }
  | { kind: 'failed'; id: number; code: FailureCode; message: string; stack: string | undefined }
  /** What was sent to it could not be read, so nobody knows which call it was. */
  | { kind: 'unreadable' }
  | { kind: 'closed' };

/**
 * The module that a thread begins with: the built one, also where the module that names it runs from its TypeScript,
 * as it does under vitest.
 * @param file relative to `from`, with the ending .js
 * @param from `import.meta.url` of a module of src/ or dist/
 */
export function builtModule(file: string, from: string): URL {
  return new URL(file, from.replace('/src/', '/dist/'));
}

interface Call {
  resolve(output: unknown): void;
  reject(error: Error): void;
  progress: ((share: number) => void) | undefined;
}

interface CallOptions {
  signal?: AbortSignal;
  progress?: (share: number) => void;
}

interface Thread {
  worker: Worker;
  calls: Map<number, Call>;
  closed: Promise<void>;
  /** The preparation that later calls wait for; null once it has succeeded. */
  preparing: Promise<unknown> | null;
  /** Whether anything ever came from it. */
  hasAnswered: boolean;
}

/**
 * Worker threads that run named tasks, so that nothing heavy touches the event loop. Each is started when a call finds
 * the others busy. One that dies fails only the calls it had and is replaced. `close` lets running calls end first:
 * terminating a thread inside an ONNX session would abort the whole process.
 */
export class ThreadPool<T extends Tasks> {
  readonly #entry: URL;
  readonly #threads: Thread[] = [];
  /** Threads that get no further calls and end when what they do has ended. */
  readonly #leaving = new Set<Thread>();
  #prepare: ((thread: Thread) => Promise<unknown>) | null = null;
  #nextId = 1;
  #closing = false;

  /** @param entry the built module that calls `serveTasks` (see inference/thread.ts) */
  constructor(
    entry: URL,
    readonly size = availableParallelism(),
  ) {
    this.#entry = entry;
  }

  /** Runs a task on the thread with the fewest calls. @throws the task's Failure, or WORKER_CRASHED */
  run<K extends keyof T & string>(
    task: K,
    input: Input<T, K>,
    options: CallOptions = {},
  ): Promise<Output<T, K>> {
    const refused = this.#refusal(options);
    return refused ? Promise.reject(refused) : this.#call(this.#leastBusy(), task, input, options);
  }

  /**
   * Runs a task on every thread before any later call, and on each that takes a crashed one's place. A thread that
   * dies of it is replaced by one that nothing prepares: what kills one thread would kill the next.
   */
  async prepare<K extends keyof T & string>(task: K, input: Input<T, K>): Promise<void> {
    const refused = this.#refusal({});
    if (refused) throw refused;
    const prepare = async (thread: Thread) => {
      thread.preparing = this.#post(thread, task, input, {});
      await thread.preparing;
      thread.preparing = null;
    };
    await Promise.all(this.#all().map(prepare));
    this.#prepare = prepare;
  }

  /** Runs a task once on every thread, for example to load models ahead of their first use. */
  async runOnEach<K extends keyof T & string>(task: K, input: Input<T, K>): Promise<void> {
    await Promise.all(this.#all().map((thread) => this.#call(thread, task, input, {})));
  }

  /** Why nothing can be begun now; null where it can. */
  #refusal({ signal }: CallOptions): Failure | null {
    if (this.#closing) return new Failure('CANCELLED', 'Marquee is shutting down.');
    return signal?.aborted ? new Failure('CANCELLED', 'The work was cancelled.') : null;
  }

  #leastBusy(): Thread {
    const [first, ...others] = this.#threads;
    if (!first) return this.#add();
    const least = others.reduce((a, b) => (b.calls.size < a.calls.size ? b : a), first);
    return least.calls.size > 0 && this.#threads.length < this.size ? this.#add() : least;
  }

  /** The threads, after those that nobody needed yet have been started too. */
  #all(): readonly Thread[] {
    while (!this.#closing && this.#threads.length < this.size) this.#add();
    return this.#threads;
  }

  async #call<K extends keyof T & string>(
    thread: Thread,
    task: K,
    input: Input<T, K>,
    options: CallOptions,
  ): Promise<Output<T, K>> {
    if (thread.preparing) await thread.preparing;
    const refused = this.#refusal(options);
    if (refused) throw refused;
    return this.#post(thread, task, input, options);
  }

  #post<K extends keyof T & string>(
    thread: Thread,
    task: K,
    input: Input<T, K>,
    options: CallOptions,
  ): Promise<Output<T, K>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const abort = () => thread.worker.postMessage({ kind: 'abort', id } satisfies ToThread);
      // Many calls may share one signal; each takes its listener away when it ends.
      if (options.signal) setMaxListeners(0, options.signal);
      options.signal?.addEventListener('abort', abort, { once: true });
      const settle = () => options.signal?.removeEventListener('abort', abort);
      thread.calls.set(id, {
        resolve: (output) => {
          settle();
          resolve(output as Output<T, K>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        progress: options.progress,
      });
      try {
        thread.worker.postMessage({ kind: 'run', id, task, input } satisfies ToThread);
      } catch (cause) {
        // A value that cannot cross threads: the thread never hears of the call.
        thread.calls.delete(id);
        settle();
        reject(asFailure(cause));
      }
    });
  }

  /** Lets running calls end, then ends the threads. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { worker } of this.#threads) worker.postMessage({ kind: 'close' } satisfies ToThread);
    const threads = [...this.#threads, ...this.#leaving];
    await Promise.all(threads.map((thread) => thread.closed));
  }

  /**
   * Ends the threads at once and fails what they were doing as CANCELLED. Only for tasks in plain JavaScript, which
   * would not hear of an abort before they end by themselves: see the class for sessions.
   */
  async stop(): Promise<void> {
    this.#closing = true;
    for (const { calls } of this.#threads) {
      for (const call of calls.values()) call.reject(new Failure('CANCELLED', 'The work was cancelled.'));
      calls.clear();
    }
    await Promise.all([...this.#threads, ...this.#leaving].map(({ worker }) => worker.terminate()));
  }

  /** Starts one more thread, and what prepares each of them. */
  #add(): Thread {
    const thread = this.#start();
    // Its failure reaches the calls that wait for it.
    this.#prepare?.(thread).catch(() => undefined);
    return thread;
  }

  #start(): Thread {
    const worker = new Worker(this.#entry);
    const calls = new Map<number, Call>();
    const closed = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        this.#replace(thread, 'A worker thread ended unexpectedly. The work can be tried again.');
        this.#leaving.delete(thread);
        resolve();
      });
    });
    const thread: Thread = { worker, calls, closed, preparing: null, hasAnswered: false };
    this.#threads.push(thread);
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'unreadable') this.#dismiss(thread);
      else receive(thread, message);
    });
    worker.on('messageerror', (error) => this.#dismiss(thread, error));
    // Between the error and the exit a thread takes messages that nobody reads.
    worker.on('error', (error) =>
      this.#replace(thread, 'A worker thread crashed. The work can be tried again.', error),
    );
    return thread;
  }

  /**
   * A message to or from the thread was lost, and with it one of its calls: all of them fail, and another thread takes
   * its place. It is not terminated, for it may be inside a session.
   */
  #dismiss(thread: Thread, cause?: Error): void {
    if (this.#leaving.has(thread)) return;
    this.#leaving.add(thread);
    for (const id of thread.calls.keys()) thread.worker.postMessage({ kind: 'abort', id } satisfies ToThread);
    thread.worker.postMessage({ kind: 'close' } satisfies ToThread);
    this.#replace(thread, 'A message between threads could not be read. The work can be tried again.', cause);
  }

  /** Fails the calls of a thread that is gone, and starts another in its place. */
  #replace(thread: Thread, message: string, cause?: Error): void {
    for (const call of thread.calls.values()) call.reject(new Failure('WORKER_CRASHED', message, { cause }));
    thread.calls.clear();
    const place = this.#threads.indexOf(thread);
    if (this.#closing || place < 0) return;
    this.#threads.splice(place, 1);
    if (thread.preparing) this.#start();
    // One that never answered may be unable to start: its successors would follow it without an end.
    else if (thread.hasAnswered) this.#add();
  }
}

function receive(thread: Thread, message: FromThread): void {
  thread.hasAnswered = true;
  if (message.kind === 'closed' || message.kind === 'unreadable') return;
  const call = thread.calls.get(message.id);
  if (!call) return;
  if (message.kind === 'progress') {
    call.progress?.(message.share);
    return;
  }
  thread.calls.delete(message.id);
  if (message.kind === 'done') {
    call.resolve(message.output);
    return;
  }
  const cause = new Error(message.message);
  if (message.stack !== undefined) cause.stack = message.stack;
  call.reject(new Failure(message.code, message.message, { cause }));
}

/** `asFailure`, as a message that can cross threads. */
export function failureMessage(id: number, error: unknown): FromThread {
  const failure = asFailure(error);
  const stack = failure.cause instanceof Error ? failure.cause.stack : failure.stack;
  return { kind: 'failed', id, code: failure.code, message: failure.message, stack };
}
