import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../failure.js';
import { findFfmpeg } from './ffmpeg.js';
import { type Program, type ProgramOptions, startProgram } from './program.js';

const MEBIBYTE = 1024 ** 2;
/** Private memory of one child. 4K HEVC on two threads needs about 400 MiB. */
const MAX_MEMORY_BYTES = 1024 * MEBIBYTE;
/** One allocation inside ffmpeg; an 8K frame in 4:4:4 with 16 bits takes 190 MiB. */
const MAX_ALLOCATION_BYTES = 256 * MEBIBYTE;
/** The descriptor of the input: behind standard input, output and error. */
const INPUT_FD = 3;

/** Stands for the input's name in `ChildOptions.args` and `ChildOptions.stdin`. */
export const INPUT = '<input>';

/** One run of ffmpeg or ffprobe. */
export interface ChildOptions extends Pick<ProgramOptions, 'timeoutSeconds' | 'signal' | 'folder'> {
  program: 'ffmpeg' | 'ffprobe';
  args: readonly string[];
  /** The file to read, handed over as an open descriptor: its name never reaches the command line. */
  inputPath?: string;
  /** Number of extra pipes the child writes; see `outputName`. */
  outputs?: number;
  /** What the child finds on its standard input: a script, or bytes. */
  stdin?: string | readonly Uint8Array[];
}

/** The child's name for its extra pipe number `index`, counted from 0. */
export function outputName(index: number): string {
  return `pipe:${INPUT_FD + 1 + index}`;
}

/** Options that stand before every input: which files and formats may be opened, and how much is allocated. */
export function inputLimits(formats: readonly string[]): string[] {
  return [
    ...['-protocol_whitelist', 'file,pipe'],
    ...['-format_whitelist', formats.join(',')],
    ...['-max_alloc', String(MAX_ALLOCATION_BYTES)],
  ];
}

/**
 * Starts ffmpeg or ffprobe, bounded in memory and time; see `startProgram` for its life.
 * @throws Failure FFMPEG_MISSING, CANCELLED, SOURCE_NOT_FOUND
 */
export async function startChild(options: ChildOptions): Promise<Program> {
  const found = await findFfmpeg();
  const input = options.inputPath === undefined ? null : await openInput(options.inputPath);
  try {
    const name = input === null ? '' : inputName(options.inputPath ?? '');
    const { program, args, stdin, ...rest } = options;
    return await startProgram({
      ...rest,
      command: found[program],
      args: args.map((arg) => arg.replaceAll(INPUT, name)),
      ...(stdin === undefined ? {} : { stdin: stdinOf(stdin, name) }),
      extra: [
        ...(input ? [input.fd] : []),
        ...Array.from({ length: options.outputs ?? 0 }, () => 'pipe' as const),
      ],
      memoryBytes: MAX_MEMORY_BYTES,
    });
  } finally {
    // Not awaited: the caller must listen to the pipes in the very turn of the event loop in which the child was
    // spawned, because Node throws away what a child that has already ended had written to nobody.
    input?.close().catch(() => undefined);
  }
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
function inputName(path: string): string {
  return `file:${process.platform === 'linux' ? `/proc/self/fd/${INPUT_FD}` : path}`;
}

/** Inside a script's quotes, a quote ends the quotation, is escaped, and begins it again. */
function stdinOf(stdin: string | readonly Uint8Array[], name: string): readonly (string | Uint8Array)[] {
  return typeof stdin === 'string' ? [stdin.replaceAll(INPUT, name.replaceAll("'", "'\\''"))] : stdin;
}

/**
 * Runs a child to its end and gives its whole standard output.
 * @throws Failure what `startChild` throws, MEDIA_TIMEOUT, and MEDIA_TOO_LARGE beyond `maxBytes`
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
