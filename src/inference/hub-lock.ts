import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';

const lockedFile = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});
const lockShape = z.object({
  models: z.record(
    z.string(),
    z.object({
      commit: z.string().regex(/^[0-9a-f]{40}$/),
      licence: z.string().nullable(),
      files: z.record(z.string(), lockedFile),
    }),
  ),
});

/** Which commit of each model was pulled, and the sha256 of each of its files: what every later pull must match. */
export type ModelLock = z.infer<typeof lockShape>;
export type LockedModel = ModelLock['models'][string];

const LOCK = 'models.lock.json';

/** @throws Failure MODEL_INVALID when the lock file is not readable */
export async function readLock(modelsFolder: string): Promise<ModelLock> {
  const file = path.join(modelsFolder, LOCK);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { models: {} };
  try {
    return lockShape.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is not readable: restore it, or delete it and pull again.`, {
      cause,
    });
  }
}

/** Sets (or with null forgets) one model's entry; the file is replaced whole. */
export async function lockModel(
  modelsFolder: string,
  repository: string,
  model: LockedModel | null,
): Promise<void> {
  const { models } = await readLock(modelsFolder);
  const { [repository]: _, ...others } = models;
  const next = model ? { ...others, [repository]: model } : others;
  const sorted = Object.fromEntries(Object.entries(next).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = path.join(modelsFolder, LOCK);
  await mkdir(modelsFolder, { recursive: true });
  await writeFile(`${file}.${process.pid}.tmp`, `${JSON.stringify({ models: sorted }, null, 2)}\n`, {
    flush: true,
  });
  await rename(`${file}.${process.pid}.tmp`, file);
}
