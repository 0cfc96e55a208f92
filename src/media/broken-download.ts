import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Bytes of one address on their way, in a folder of their own inside the store. */
export interface DownloadFolder {
  folder: string;
  /** Where the bytes are written. */
  bytesPath: string;
  /** What the server called the version of the file that the bytes are of; null where there are none to continue. */
  validator: string | null;
}

/** Begins the name of a folder that somebody writes; a process that died leaves one behind. */
const RUNNING = 'download-';
/** Begins the name of a folder that was left to whoever asks for the same address next. */
const BROKEN = 'broken-';
/** A download that runs writes at least this often, or gives up: twice the silence that a connection may keep. */
const ABANDONED_MS = 60_000;
const BYTES = 'bytes.part';
const VALIDATOR = 'validator';

/**
 * A folder for the bytes of `address`: one that an earlier call broke off, else a new one. Two callers never get the
 * same one, because taking it is renaming it.
 */
export async function takeDownloadFolder(storeFolder: string, address: string): Promise<DownloadFolder> {
  const key = keyOf(address);
  const folder = path.join(storeFolder, `${RUNNING}${key}-${randomUUID()}`);
  const bytesPath = path.join(folder, BYTES);
  for (const name of await readdir(storeFolder)) {
    const left = path.join(storeFolder, name);
    const isLeft =
      name.startsWith(`${BROKEN}${key}-`) ||
      (name.startsWith(`${RUNNING}${key}-`) && (await isAbandoned(path.join(left, BYTES))));
    if (!isLeft) continue;
    const validator = await readFile(path.join(left, VALIDATOR), 'utf8').catch(() => null);
    const isTaken = await rename(left, folder).then(
      () => true,
      () => false,
    );
    if (!isTaken) continue;
    // Its age counts from now: see sweepStore.
    await utimes(folder, new Date(), new Date());
    if (validator !== null) return { folder, bytesPath, validator };
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  return { folder, bytesPath, validator: null };
}

/** Notes which version of the file the bytes are of, before they are written; null: they cannot be continued. */
export async function noteValidator({ folder }: DownloadFolder, validator: string | null): Promise<void> {
  const file = path.join(folder, VALIDATOR);
  if (validator === null) await rm(file, { force: true });
  else await writeFile(file, validator);
}

/** Empty folders and tiny files take room too. */
const MAX_BROKEN = 64;

/**
 * Leaves the bytes to the next call for the same address. Of all that was left so, the newest stay, as many as take
 * `maxBytes` together and at most 64: somebody who breaks off one download after another fills no disk.
 */
export async function leaveDownloadFolder({ folder }: DownloadFolder, maxBytes: number): Promise<void> {
  const storeFolder = path.dirname(folder);
  const name = path.basename(folder).slice(RUNNING.length);
  await rename(folder, path.join(storeFolder, BROKEN + name));
  let total = 0;
  for (const [index, { left, bytes }] of (await brokenFolders(storeFolder)).entries()) {
    total += bytes;
    if (index >= MAX_BROKEN || total > maxBytes) await removeWhole(left);
  }
}

/** The newest first. */
async function brokenFolders(
  storeFolder: string,
): Promise<{ left: string; bytes: number; writtenAt: number }[]> {
  const names = (await readdir(storeFolder)).filter((name) => name.startsWith(BROKEN));
  const found = await Promise.all(
    names.map(async (name) => {
      const left = path.join(storeFolder, name);
      const written = await stat(path.join(left, BYTES)).catch(() => null);
      return { left, bytes: written?.size ?? 0, writtenAt: written?.mtimeMs ?? 0 };
    }),
  );
  return found.toSorted((a, b) => b.writtenAt - a.writtenAt);
}

/** Under another name first, so that nobody continues what is half gone. */
async function removeWhole(left: string): Promise<void> {
  const leaving = path.join(path.dirname(left), `${RUNNING}${randomUUID()}`);
  const isOurs = await rename(left, leaving).then(
    () => true,
    () => false,
  );
  if (isOurs) await rm(leaving, { recursive: true, force: true });
}

/** 128 bits of the address's sha256: names in the store tell nobody where a file came from. */
function keyOf(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 32);
}

async function isAbandoned(bytesPath: string): Promise<boolean> {
  const written = await stat(bytesPath).catch(() => null);
  return written !== null && Date.now() - written.mtimeMs > ABANDONED_MS;
}
