import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { Failure } from '../failure.js';
import { findFfmpeg, onPath } from './ffmpeg.js';

const GIBIBYTE = 1024 ** 3;
/** Private memory of one child. 4K HEVC on two threads needs about 0.4 GiB. */
const MAX_CHILD_MEMORY_BYTES = 1 * GIBIBYTE;
/** One allocation inside ffmpeg; an 8K frame in 4:4:4 with 16 bits takes 190 MiB. */
const MAX_ALLOCATION_BYTES = 256 * 1024 ** 2;
/** Nicer than the server, so that requests are answered while trailers are decoded. */
const CHILD_NICENESS = 10;
/** The tail of standard error that is kept to explain a failure. */
const STDERR_TAIL_CHARACTERS = 4096;

/** Behind standard input, output and error. */
const INPUT_FD = 3;

/** A child that may only do what its job needs. */
export interface ChildOptions {
  program: 'ffmpeg' | 'ffprobe';
  /** Without the input: `INPUT` stands for it. */
  args: readonly string[];
  /** The file to read, handed over as an open descriptor: its name never reaches the command line. */
  inputPath?: string;
  /** Number of extra pipes the child writes: `pipe:4`, `pipe:5`, … in this order. */
  outputs?: number;
  /** What the child finds on its standard input; in text, `INPUT` is replaced here too. */
  stdin?: string | readonly Uint8Array[];
  /** Where the child runs, and writes. */
  folder?: string;
  timeoutSeconds: number;
  signal: AbortSignal;
  /** Called with each whole line of standard error. */
  onLine?(line: string): void;
}

/** Stands for the input's name in `ChildOptions.args`. */
export const INPUT = '<input>';

/** The name of the child's extra pipe number `index`, counted from 0. */
export function outputName(index: number): string {
  return `pipe:${INPUT_FD + 1 + index}`;
}

export interface Child {
  pid: number;
  stdout: Readable;
  /** The extra pipes. */
  outputs: Readable[];
  /**
   * Settles when the process is gone and its pipes are closed: with the exit code and the tail of standard error,
   * or rejects with CANCELLED or MEDIA_TIMEOUT after the child was killed.
   */
  ended: Promise<{ code: number; stderr: string }>;
  kill(): void;
}

/** Options that every ffmpeg and ffprobe gets before its input. */
export function inputLimits(formats: readonly string[]): string[] {
  return [
    ...['-protocol_whitelist', 'file,pipe'],
    ...['-format_whitelist', formats.join(',')],
    ...['-max_alloc', String(MAX_ALLOCATION_BYTES)],
  ];
}

/**
 * Starts ffmpeg or ffprobe, less important than this process, bounded in memory and time, and bound to this
 * process's life: it is killed on abort, on timeout, and by the kernel when this process dies.
 * @throws Failure FFMPEG_MISSING, CANCELLED, SOURCE_NOT_FOUND
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const found = await findFfmpeg();
  const guard = await guardCommand();
  const input = options.inputPath === undefined ? null : await openInput(options.inputPath);
  try {
    refuseWhenAborted(options.signal);
    const inputName = input === null ? '' : nameOfInput(input.fd, options.inputPath ?? '');
    const args = options.args.map((arg) => arg.replaceAll(INPUT, inputName));
    const [command = '', ...rest] = [...guard, found[options.program], ...args];
    const child = spawn(command, rest, {
      stdio: [
        options.stdin === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        input?.fd ?? 'ignore',
        ...Array.from({ length: options.outputs ?? 0 }, () => 'pipe' as const),
      ],
      cwd: options.folder,
      // Nothing of the server's environment is the child's business: no proxies, no reports, no secrets.
      env: { PATH: process.env.PATH, LC_ALL: 'C', SYSTEMROOT: process.env.SYSTEMROOT },
    });
    feed(child, options.stdin, inputName);
    return supervise(child, options);
  } finally {
    await input?.close();
  }
}

function feed(child: ChildProcess, stdin: ChildOptions['stdin'], inputName: string): void {
  if (!child.stdin || stdin === undefined) return;
  // Inside a concat script, a quote ends the quotation, is escaped, and begins it again.
  const data =
    typeof stdin === 'string' ? [stdin.replaceAll(INPUT, inputName.replaceAll("'", "'\\''"))] : stdin;
  // A child that ends early resets the pipe; what counts is how it ended.
  Readable.from(data, { objectMode: true }).pipe(child.stdin.on('error', () => {}));
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new Failure('SOURCE_NOT_FOUND', 'The media file is gone or may not be read. Send it again.', {
      cause,
    });
  }
}

/**
 * What ffmpeg calls its input: the descriptor that it inherits, which Linux opens anew, with a position of its own.
 * Elsewhere such names share one position, which ffmpeg's demuxers do not survive, so the path itself is given there.
 */
function nameOfInput(fd: number, path: string): string {
  return process.platform === 'linux' && fd >= 0 ? `/proc/self/fd/${INPUT_FD}` : path;
}

let guard: Promise<string[]> | null = null;

/**
 * What stands in front of the program: each of these replaces itself by the next (exec), so one process remains.
 * `setpriv --pdeathsig` lets the kernel end the child when the thread that started it is gone, even by kill -9.
 */
function guardCommand(): Promise<string[]> {
  guard ??= (async () => {
    if (process.platform !== 'linux') return [];
    const [setpriv, prlimit] = await Promise.all([onPath('setpriv'), onPath('prlimit')]);
    return [
      ...(prlimit ? [prlimit, `--data=${MAX_CHILD_MEMORY_BYTES}`, '--core=0'] : []),
      ...(setpriv ? [setpriv, '--pdeathsig', 'KILL'] : []),
    ];
  })();
  return guard;
}

function refuseWhenAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
}

function supervise(process: ChildProcess, options: ChildOptions): Child {
  lowerPriority(process);
  const kill = () => void process.kill('SIGKILL');
  const stderr = keepTail(process.stderr, options.onLine);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutSeconds * 1000);
  options.signal.addEventListener('abort', kill, { once: true });
  const ended = new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    process.once('error', (cause) => {
      reject(new Failure('INTERNAL', `${options.program} could not be started. See the log.`, { cause }));
    });
    process.once('close', (code) => {
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
  const outputs = process.stdio.slice(INPUT_FD + 1) as Readable[];
  // A killed child resets its pipes; what counts is how it ended.
  for (const stream of [process.stdout, ...outputs]) stream?.on('error', () => {});
  return { pid: process.pid ?? -1, stdout: process.stdout as Readable, outputs, ended, kill };
}

function timeout(seconds: number): Failure {
  return new Failure(
    'MEDIA_TIMEOUT',
    `Reading the media took longer than ${Math.round(seconds)} seconds. Send a shorter or simpler file, such as 1080p H.264.`,
  );
}

function lowerPriority(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, CHILD_NICENESS);
  } catch {
    // It has already ended, or the system does not let us: neither changes the result.
  }
}

function keepTail(stream: Readable | null, onLine: ((line: string) => void) | undefined): () => string {
  let tail = '';
  let open = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    if (onLine === undefined) {
      tail = (tail + text).slice(-STDERR_TAIL_CHARACTERS);
      return;
    }
    const lines = (open + text).split('\n');
    open = (lines.pop() ?? '').slice(-STDERR_TAIL_CHARACTERS);
    for (const line of lines) onLine(line);
  });
  return () => (onLine === undefined ? tail : open);
}

/**
 * Runs a child to its end and gives its whole standard output.
 * @throws Failure what `startChild` throws, and TOO_LARGE beyond `maxBytes`
 */
export async function outputOf(
  options: ChildOptions & { maxBytes: number },
): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const child = await startChild(options);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > options.maxBytes) child.kill();
    else chunks.push(chunk);
  });
  const { code, stderr } = await child.ended;
  if (bytes > options.maxBytes) {
    throw new Failure(
      'MEDIA_TOO_LARGE',
      'The file describes more than a trailer can hold. Send a plain MP4, MKV or WebM.',
    );
  }
  return { code, stdout: Buffer.concat(chunks), stderr };
}
