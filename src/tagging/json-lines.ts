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
 *   that is no JSON or not in UTF-8
 */
export async function* readJsonLines(file: string, signal?: AbortSignal): AsyncGenerator<JsonLine> {
  let number = 0;
  try {
    for await (const bytes of linesOf(file, signal)) {
      const line = (number === 0 ? firstLine : laterLine).decode(bytes);
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
  // Read with signs in their place, a spoiled letter would teach a wrong word and nobody would know.
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new Failure(
      'BAD_INPUT',
      `${file} is not in UTF-8 at line ${number + 1}: save it as UTF-8, for example by iconv -f WINDOWS-1252 -t UTF-8.`,
      { cause },
    );
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

/** Some editors begin a file with a byte order mark; it belongs to no line. */
const firstLine = new TextDecoder('utf-8', { fatal: true });
const laterLine = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LINE_FEED = 0x0a;

/** A byte that is part of a longer letter is never a line feed, so lines can be cut before they are decoded. */
async function* linesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytesOf(file, signal)) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      length = 0;
      from = end + 1;
    }
    rest.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST_LINE) throw Object.assign(new Error('too long'), { code: 'LINE_TOO_LONG' });
  }
  yield Buffer.concat(rest);
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
