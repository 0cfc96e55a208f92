import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { asFailure, Failure } from '../failure.js';
import type { Hub, HubFile, HubRevision } from './hub.js';
import { wantedFiles } from './hub-files.js';
import { type LockedModel, lockModel, readLock } from './hub-lock.js';

export interface WantedModel {
  /** `owner/name`. */
  repository: string;
  /** Branch, tag or commit; the lock's commit goes before it. */
  revision: string;
  /** Only these files, for ready-made ONNX exports; null: configuration, tokenizer and safetensors. */
  files: readonly string[] | null;
}

export interface PullOptions {
  modelsFolder: string;
  /** Takes the revision as it is now, whatever the lock says. */
  update: boolean;
  signal: AbortSignal;
  /** Pause before a broken transfer is taken up again, doubled each time. */
  retryPauseMs: number;
  progress(file: string, doneBytes: number, totalBytes: number): void;
}

/** Transfers that break off are taken up again this often without a single new byte. */
const TRIES = 5;
/** Left free on the disk, for the converted graphs and everything else. */
const SPARE_BYTES = 256 * 1024 ** 2;

/** Where a model's files lie: `models/openai--whisper-base`. @throws Failure BAD_INPUT for a name that is no `owner/name` */
export function modelFolder(modelsFolder: string, repository: string): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || repository.includes('..')) {
    throw new Failure('BAD_INPUT', `${repository} is no model of a hub: give it as owner/name.`);
  }
  return path.join(modelsFolder, repository.replace('/', '--'));
}

/**
 * Brings a model's files to this machine: those that are there and right are kept, broken transfers go on where
 * they broke off, everything is checked against what the hub states and, from the second time on, the lock file.
 * @throws Failure MODEL_INVALID, DISK_FULL, FOLDER_UNWRITABLE, DOWNLOAD_FAILED, NOT_FOUND, FORBIDDEN or CANCELLED
 */
export async function pullModel(hub: Hub, model: WantedModel, options: PullOptions): Promise<LockedModel> {
  const folder = modelFolder(options.modelsFolder, model.repository);
  const locked = options.update ? undefined : (await readLock(options.modelsFolder)).models[model.repository];
  const revision = await hub.revision(model.repository, locked?.commit ?? model.revision, options.signal);
  const wanted = wantedFiles(model.repository, revision.files, model.files);
  for (const { path: name } of wanted) insideOnly(folder, name);
  const missing: HubFile[] = [];
  for (const file of wanted) if (!(await isComplete(path.join(folder, file.path), file))) missing.push(file);
  await mkdir(folder, { recursive: true }).catch(refuseUnwritable(folder));
  await checkSpace(folder, missing);
  for (const file of missing) await pullFile(hub, model.repository, revision, file, folder, options);
  const entry = await describe(revision, wanted, folder);
  if (locked) compareWithLock(model.repository, locked, entry);
  await lockModel(options.modelsFolder, model.repository, entry);
  return entry;
}

/** Names that do not match what the lock says of a pulled model; empty: all is well. */
export async function verifyModel(
  modelsFolder: string,
  repository: string,
  locked: LockedModel,
): Promise<string[]> {
  const folder = modelFolder(modelsFolder, repository);
  const wrong: string[] = [];
  for (const [name, { sha256 }] of Object.entries(locked.files)) {
    const found = await digest(path.join(folder, name), 'sha256').catch(() => null);
    if (found !== sha256) wrong.push(name);
  }
  return wrong;
}

/**
 * Deletes a model's files and its entry in the lock.
 * @returns whether anything of it was there
 * @throws Failure FOLDER_UNWRITABLE
 */
export async function removeModel(modelsFolder: string, repository: string): Promise<boolean> {
  const folder = modelFolder(modelsFolder, repository);
  const isLocked = repository in (await readLock(modelsFolder)).models;
  if (!isLocked && !(await stat(folder).catch(() => null))) return false;
  await rm(folder, { recursive: true, force: true }).catch(refuseUnwritable(modelsFolder));
  if (isLocked) await lockModel(modelsFolder, repository, null);
  return true;
}

/** What the hub calls a file must stay below the model's folder. */
function insideOnly(folder: string, name: string): void {
  if (path.resolve(folder, name).startsWith(folder + path.sep)) return;
  throw new Failure(
    'MODEL_INVALID',
    `The hub names a file outside the model's folder (${name}): do not use this model.`,
  );
}

async function isComplete(file: string, { bytes, checksum }: HubFile): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.size === bytes && (await digest(file, checksum.kind)) === checksum.hex;
}

async function checkSpace(folder: string, files: readonly HubFile[]): Promise<void> {
  const needed = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (needed === 0) return;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed + SPARE_BYTES) return;
  const gib = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);
  throw new Failure(
    'DISK_FULL',
    `The model needs ${gib(needed + SPARE_BYTES)} GiB and ${folder} has ${gib(free)} GiB left. Free some space, or set MARQUEE_DATA.`,
  );
}

async function pullFile(
  hub: Hub,
  repository: string,
  { commit }: HubRevision,
  file: HubFile,
  folder: string,
  options: PullOptions,
): Promise<void> {
  const target = path.join(folder, file.path);
  // Named by its checksum: a part of another revision's file is never taken up.
  const part = `${target}.${file.checksum.hex.slice(0, 12)}.part`;
  await mkdir(path.dirname(target), { recursive: true }).catch(refuseUnwritable(folder));
  let tries = 0;
  // A missing part counts as shorter than an empty file.
  while (((await stat(part).catch(() => null))?.size ?? -1) < file.bytes) {
    const before = await sizeOf(part);
    try {
      const { offset, body } = await hub.open(repository, commit, file.path, before, options.signal);
      await append(part, { offset, body, stated: file.bytes }, (done) =>
        options.progress(file.path, done, file.bytes),
      );
    } catch (error) {
      options.signal.throwIfAborted();
      const failure = asTransferFailure(error, file.path);
      if (failure.code !== 'DOWNLOAD_FAILED') throw failure;
      tries = (await sizeOf(part)) > before ? 1 : tries + 1;
      if (tries >= TRIES) throw failure;
      await pause(options.retryPauseMs * 2 ** tries, undefined, { signal: options.signal });
    }
  }
  if ((await sizeOf(part)) !== file.bytes || (await digest(part, file.checksum.kind)) !== file.checksum.hex) {
    await rm(part);
    throw new Failure(
      'MODEL_INVALID',
      `${file.path} of ${repository} is not what the hub states by its checksum, and was deleted: pull again, or use another mirror.`,
    );
  }
  await rename(part, target);
}

/** Writes what comes at `offset`; what the file had beyond is dropped. More than the hub stated is not read. */
async function append(
  file: string,
  { offset, body, stated }: { offset: number; body: AsyncIterable<Uint8Array>; stated: number },
  progress: (bytes: number) => void,
): Promise<void> {
  const handle = await open(file, offset > 0 ? 'r+' : 'w').catch(refuseUnwritable(path.dirname(file)));
  let position = offset;
  try {
    for await (const chunk of body) {
      await handle.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      progress(Math.min(position, stated));
      if (position > stated) break;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For a system call that failed; a full disk stays what it is. */
function refuseUnwritable(folder: string): (error: unknown) => never {
  return (error) => {
    const failure = asFailure(error);
    if (failure.code !== 'INTERNAL') throw failure;
    throw new Failure(
      'FOLDER_UNWRITABLE',
      `${folder} cannot be written: give this user the right to, or set MARQUEE_DATA to another folder.`,
      { cause: error },
    );
  };
}

/** A connection that ends in the middle comes as some network error: it can be taken up again. */
function asTransferFailure(error: unknown, name: string): Failure {
  const failure = asFailure(error);
  if (failure.code !== 'INTERNAL') return failure;
  return new Failure(
    'DOWNLOAD_FAILED',
    `The transfer of ${name} broke off: pull again, it goes on from there.`,
    {
      cause: error,
    },
  );
}

async function describe(
  revision: HubRevision,
  files: readonly HubFile[],
  folder: string,
): Promise<LockedModel> {
  const entries: LockedModel['files'] = {};
  for (const { path: name, bytes, checksum } of files) {
    const sha256 =
      checksum.kind === 'sha256' ? checksum.hex : await digest(path.join(folder, name), 'sha256');
    entries[name] = { sha256, bytes };
  }
  return { commit: revision.commit, licence: revision.licence, files: entries };
}

function compareWithLock(repository: string, locked: LockedModel, found: LockedModel): void {
  for (const [name, { sha256 }] of Object.entries(locked.files)) {
    if (found.files[name]?.sha256 === sha256) continue;
    throw new Failure(
      'MODEL_INVALID',
      `${name} of ${repository} differs from the lock file though the commit is the same: do not use this hub, or pull with --update.`,
    );
  }
}

/** sha256 of the content, or git's sha1 of the object with this content. */
async function digest(file: string, kind: HubFile['checksum']['kind']): Promise<string> {
  const hash = createHash(kind === 'sha256' ? 'sha256' : 'sha1');
  if (kind === 'git-sha1') hash.update(`blob ${await sizeOf(file)}\0`);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}
