import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { Failure } from '../failure.js';
import { onPath } from './ffmpeg.js';

/** Nicer than the server, so that requests are answered while trailers are decoded. */
const NICENESS = 10;
/** The tail of standard error that is kept to explain a failure. */
const STDERR_TAIL_CHARACTERS = 4096;
/** Node's timers count to this; a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Standard input, output and error. */
const STANDARD_PIPES = 3;

/** A program that works for one job and ends with it. */
export interface ProgramOptions {
  command: string;
  args: readonly string[];
  /** What it finds on its standard input. */
  stdin?: readonly (string | Uint8Array)[];
  /** Behind standard error: a descriptor it inherits, or a pipe that it writes. */
  extra?: readonly (number | 'pipe')[];
  /** Where it runs, and writes. */
  folder?: string;
  /** Private memory that it may take, in bytes, where the system can bound it. */
  memoryBytes?: number;
  timeoutSeconds: number;
  signal: AbortSignal;
  /** Called with each whole line of standard error. */
  onLine?(line: string): void;
}

export interface Program {
  stdout: Readable;
  /** The extra pipes, in the order asked for. */
  outputs: Readable[];
  /**
   * Settles when the process is gone and its pipes are closed: with the exit code and the tail of standard error.
   * Rejects with CANCELLED or MEDIA_TIMEOUT after it was killed.
   */
  ended: Promise<{ code: number; stderr: string }>;
  kill(): void;
}

/**
 * Starts a program in a process group of its own, less important than this process and bound to its life: the whole
 * group is killed on abort and on timeout, and the kernel kills the program when this process dies.
 * @throws Failure CANCELLED when the job is already over
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const guard = await guardCommand(options.memoryBytes);
  if (options.signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
  const [command = '', ...args] = [...guard, options.command, ...options.args];
  const child = spawn(command, args, {
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(options.extra ?? [])],
    detached: process.platform !== 'win32',
    cwd: options.folder,
    // Nothing else of the server's environment is the child's business: no proxies, no reports, no secrets.
    env: {
      PATH: process.env.PATH,
      LC_ALL: 'C.UTF-8',
      SYSTEMROOT: process.env.SYSTEMROOT,
      // Debian's ffmpeg is linked with OpenBLAS, which it never calls, and which starts a thread for each other core.
      OPENBLAS_NUM_THREADS: '1',
    },
  });
  return supervise(child, options);
}

/**
 * What stands in front of the program: each of these replaces itself by the next (exec), so one process remains.
 * `setpriv --pdeathsig` has the kernel kill it when the thread that started it is gone, even by kill -9.
 */
async function guardCommand(memoryBytes: number | undefined): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  guardPrograms ??= Promise.all([onPath('prlimit'), onPath('setpriv')]);
  const [prlimit, setpriv] = await guardPrograms;
  const memory = memoryBytes === undefined ? [] : [`--data=${memoryBytes}`];
  return [
    ...(prlimit ? [prlimit, ...memory, '--core=0'] : []),
    ...(setpriv ? [setpriv, '--pdeathsig', 'KILL'] : []),
  ];
}

let guardPrograms: Promise<[string | null, string | null]> | null = null;

function supervise(child: ChildProcess, options: ProgramOptions): Program {
  lowerPriority(child);
  const stderr = keepTail(child.stderr, options.onLine);
  const kill = () => killGroup(child);
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    Math.min(options.timeoutSeconds * 1000, LONGEST_TIMER_MS),
  );
  options.signal.addEventListener('abort', kill, { once: true });
  const ended = new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Failure('INTERNAL', `${options.command} could not be started. See the log.`, { cause }));
    });
    child.once('close', (code) => {
      if (options.signal.aborted) reject(new Failure('CANCELLED', 'The work was cancelled.'));
      else if (timedOut) reject(timeout(options.timeoutSeconds));
      else resolve({ code: code ?? -1, stderr: stderr() });
    });
  }).finally(() => {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', kill);
  });
  // Readers of the pipes may fail first and never come to wait for the end.
  ended.catch(() => {});
  const outputs = child.stdio.slice(STANDARD_PIPES).filter((pipe) => pipe !== null) as Readable[];
  // A killed child resets its pipes; what counts is how it ended.
  for (const pipe of [child.stdout, ...outputs]) pipe?.on('error', () => {});
  if (child.stdin && options.stdin) Readable.from(options.stdin).pipe(child.stdin.on('error', () => {}));
  return { stdout: child.stdout as Readable, outputs, ended, kill };
}

function timeout(seconds: number): Failure {
  const whole = Math.round(seconds);
  return new Failure(
    'MEDIA_TIMEOUT',
    `Reading the media took longer than ${whole} seconds. Send a shorter or simpler file, such as 1080p H.264.`,
  );
}

/** Helpers that the program started are in its group and go with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function lowerPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // It has already ended, or the system does not let us: neither changes the result.
  }
}

function keepTail(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  let tail = '';
  let open = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL_CHARACTERS);
    if (onLine === undefined) return;
    const lines = (open + text).split('\n');
    open = (lines.pop() ?? '').slice(-STDERR_TAIL_CHARACTERS);
    for (const line of lines) onLine(line);
  });
  return () => tail;
}
