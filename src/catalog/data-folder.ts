import { access, constants, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { asFailure, Failure } from '../failure.js';

/**
 * Makes the folder where it is missing, with those above it.
 *
 * @throws Failure FOLDER_UNWRITABLE, DISK_FULL
 */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'DISK_FULL') throw failure;
    throw new Failure(
      'FOLDER_UNWRITABLE',
      `The folder ${folder} cannot be written: give this user the right to, or set MARQUEE_DATA to another folder.`,
      { cause: error },
    );
  }
}

/** Like `mkdir` with `recursive`, which tries for ever where the system lets nobody make anything (`/proc`). */
async function makeFolders(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => null))?.isDirectory()) return;
  if (path.dirname(folder) !== folder) await makeFolders(path.dirname(folder));
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    // Another process may have been faster; a file of this name is in the way.
    if (error.code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  });
}
