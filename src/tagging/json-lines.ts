import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Failure } from '../failure.js';

/** A row with a whole film's dialogue has a tenth of it. */
const LONGEST_LINE = 16 * 1024 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/** One value of a JSON Lines file, with the number of its line (from 1). */
export interface JsonLine {
  number: number;
  value: unknown;
}

/**
 * The values of a JSON Lines file in UTF-8, with a byte order mark or without, empty lines left out, one in memory at a
 * time. What is compressed by gzip is known by its first bytes, whatever the file is called.
 * @throws Failure SOURCE_NOT_FOUND, SOURCE_NOT_A_FILE, TOO_LARGE for a line beyond 16 MiB, BAD_INPUT naming the line
 *   that is no JSON
 */
export async function* readJsonLines(file: string, signal?: AbortSignal): AsyncGenerator<JsonLine> {
  let number = 0;
  try {
    for await (const line of linesOf(file, signal)) {
      number++;
      if (line.trim() !== '') yield { number, value: JSON.parse(line) };
    }
  } catch (cause) {
    throw lineFailure(cause, file, number);
  }
}

function lineFailure(cause: unknown, file: string, number: number): unknown {
  if (cause instanceof SyntaxError)
    return new Failure('BAD_INPUT', `${file} is no JSON at line ${number}: correct or remove that line.`, {
      cause,
    });
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT')
    return new Failure('SOURCE_NOT_FOUND', `There is no file ${file}. Check the path.`, { cause });
  if (code === 'EISDIR')
    return new Failure('SOURCE_NOT_A_FILE', `${file} is a folder: give the file of rows.`, { cause });
  if (code.startsWith('Z_'))
    return new Failure(
      'BAD_INPUT',
      `${file} is damaged in line ${number + 1}: compress it with gzip again.`,
      {
        cause,
      },
    );
  if (code === 'LINE_TOO_LONG')
    return new Failure(
      'TOO_LARGE',
      `Line ${number + 1} of ${file} is longer than 16 MiB: write one row a line.`,
    );
  return cause;
}

async function* linesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder(); // leaves out the byte order mark that some editors begin a file with
  let rest = '';
  for await (const chunk of bytesOf(file, signal)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
    if (rest.length > LONGEST_LINE) throw Object.assign(new Error('too long'), { code: 'LINE_TOO_LONG' });
  }
  yield rest + decoder.decode();
}

async function* bytesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer: first } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const bytes = handle.createReadStream({ start: 0, autoClose: false, ...(signal ? { signal } : {}) });
    if (!GZIP_MAGIC.every((byte, i) => first[i] === byte)) {
      yield* bytes;
      return;
    }
    const plain = createGunzip();
    bytes.on('error', (error) => plain.destroy(error));
    yield* bytes.pipe(plain);
  } finally {
    await handle.close();
  }
}
