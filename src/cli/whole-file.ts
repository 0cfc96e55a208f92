import { randomUUID } from 'node:crypto';
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Failure } from '../failure.js';

/**
 * Asked before minutes of work, not after them.
 * @param file what `--out` names
 * @throws Failure BAD_INPUT for a folder or a file in a folder that is not there, FOLDER_UNWRITABLE
 */
export async function assertWritable(file: string): Promise<void> {
  const isFolder = (place: string) =>
    stat(place).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isFolder(file)) throw new Failure('BAD_INPUT', `${file} is a folder: name a file with --out.`);
  const folder = path.dirname(file);
  if (!(await isFolder(folder)))
    throw new Failure('BAD_INPUT', `There is no folder ${folder}: make it, or name another with --out.`);
  await access(folder, constants.W_OK).catch((cause) => {
    throw new Failure('FOLDER_UNWRITABLE', `${folder} cannot be written to: name another with --out.`, {
      cause,
    });
  });
}

/**
 * Writes a file that is there whole or not at all: a process that dies leaves what was there before. What is called
 * `.gz` is compressed.
 * @param content its parts in order, one in memory at a time
 */
export async function writeWhole(
  file: string,
  content: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx');
    // `flush` syncs before the file is closed, so that the name never stands for bytes that are not on the disk.
    const target = handle.createWriteStream({ flush: true });
    const parts = Readable.from(content);
    if (file.endsWith('.gz')) await pipeline(parts, createGzip(), target);
    else await pipeline(parts, target);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause;
  }
}
