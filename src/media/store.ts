import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFailure, Failure, type FailureCode } from '../failure.js';

/** A file in the media store, named by its content. */
export interface StoredFile {
  /** Lower-case hexadecimal sha256. */
  contentHash: string;
  path: string;
  bytes: number;
}

export interface StoreOptions {
  storeFolder: string;
  maxBytes: number;
  /** What a longer stream fails with. */
  tooLarge: FailureCode;
  signal: AbortSignal;
}

/**
 * Streams bytes to disk while hashing them, and names the file by its sha256. A file that is there already stays.
 * @throws Failure `tooLarge`, SOURCE_EMPTY, CANCELLED, DISK_FULL; the temporary file is gone then
 */
export async function storeStream(stream: Readable, options: StoreOptions): Promise<StoredFile> {
  const temporary = temporaryPath(options.storeFolder);
  await mkdir(options.storeFolder, { recursive: true });
  const meter = new Meter(options);
  try {
    // Opened before the pipeline: one that is cancelled while it opens its file makes the file after it was removed.
    const file = await open(temporary, 'wx', 0o600);
    await pipeline(stream, meter, file.createWriteStream(), { signal: options.signal });
    if (meter.bytes === 0) throw new Failure('SOURCE_EMPTY', 'The file is empty. Send it again.');
    return await adopt(temporary, meter.digest(), options.storeFolder);
  } catch (error) {
    throw asFailure(error);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Longer than any transfer may take. */
const STALE_MS = 24 * 3600 * 1000;
/** Names that stand for bytes on their way; content has a hash for a name. */
const TEMPORARY = /\.part$|^(download|broken|youtube)-/;

/** Removes what transfers of processes that died, and broken ones that nobody continued, left a day ago. */
export async function sweepStore(storeFolder: string): Promise<void> {
  for (const name of await readdir(storeFolder)) {
    if (!TEMPORARY.test(name)) continue;
    const left = path.join(storeFolder, name);
    const found = await stat(left).catch(() => null);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(left, { recursive: true, force: true });
  }
}

/** A path for bytes on their way; names of this form are never taken for content. */
export function temporaryPath(storeFolder: string): string {
  return path.join(storeFolder, `${randomUUID()}.part`);
}

/** Moves a finished file to its content's name. */
export async function adopt(
  temporary: string,
  contentHash: string,
  storeFolder: string,
): Promise<StoredFile> {
  const final = path.join(storeFolder, contentHash);
  const { size } = await stat(temporary);
  const isThere = await access(final).then(
    () => true,
    () => false,
  );
  if (!isThere) await rename(temporary, final);
  return { contentHash, path: final, bytes: size };
}

/** Counts and hashes what passes. */
class Meter extends Transform {
  bytes = 0;
  readonly #hash = createHash('sha256');

  constructor(private readonly options: Pick<StoreOptions, 'maxBytes' | 'tooLarge'>) {
    super();
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error: Error | null, data?: Buffer) => void,
  ): void {
    this.bytes += chunk.length;
    if (this.bytes > this.options.maxBytes) {
      const mebibytes = Math.floor(this.options.maxBytes / 1024 ** 2);
      done(
        new Failure(
          this.options.tooLarge,
          `The file is larger than ${mebibytes} MiB, the most that is taken. Send a smaller one.`,
        ),
      );
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** sha256 of a file, read in a stream. @throws Failure CANCELLED */
export async function hashFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1024 ** 2 }), hash, { signal });
  } catch (error) {
    throw asFailure(error);
  }
  return hash.digest('hex');
}
