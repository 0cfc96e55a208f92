import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';

const MANIFEST = 'manifest.json';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A name and the first 12 digits of a sha256, for example `compact-text@1f3a5c7e9b0d`. */
const modelName = z.string().regex(/^[a-z0-9-]+@[0-9a-f]{12}$/);

const manifestShape = z.object({
  id: z.string(),
  version: z.number().int().positive(),
  models: z.object({
    TEXT: modelName,
    PICTURE: modelName,
    SOUND: modelName,
    HEAD: modelName,
    FUSED: modelName,
  }),
  /** Paths from the pack's folder; `../` reaches the files that packs share. */
  files: z.record(z.string(), z.object({ sha256, bytes: z.number().int().nonnegative() })),
  /** What the weights were learned from and by: file name → sha256. */
  data: z.record(z.string(), sha256),
  /** sha256 over the sources of the training code. */
  code: sha256,
  seed: z.number().int(),
  /** Measured on the validation split, which the weights never saw. */
  figures: z.record(z.string(), z.number()),
});

/** What a pack's folder says of itself. */
export type PackManifest = z.infer<typeof manifestShape>;

/** @throws Failure MODEL_INVALID when the manifest is missing or not as documented */
export async function readManifest(folder: string): Promise<PackManifest> {
  try {
    return manifestShape.parse(JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8')));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${folder} has no valid ${MANIFEST}: fetch the pack's files again.`, {
      cause,
    });
  }
}

/** Keys sorted, so that the same pack gives the same bytes. */
export async function writeManifest(folder: string, manifest: PackManifest): Promise<void> {
  await writeFile(path.join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** sha256 and size of a file. */
export async function fingerprint(file: string): Promise<{ sha256: string; bytes: number }> {
  const content = await readFile(file);
  return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
}

/** `name@` and the first 12 digits of the sha256 over the parts' own sha256s. */
export function nameModel(name: string, parts: readonly string[]): string {
  return `${name}@${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}`;
}

/**
 * Compares every file that the manifest lists with what lies on the disk.
 * @throws Failure MODEL_INVALID naming the first file that is missing or differs
 */
export async function verifyPack(folder: string): Promise<PackManifest> {
  const manifest = await readManifest(folder);
  for (const [name, expected] of Object.entries(manifest.files)) {
    const found = await fingerprint(path.join(folder, name)).catch(() => null);
    if (found?.sha256 === expected.sha256) continue;
    const problem = found ? 'differs from' : 'is missing but listed in';
    throw new Failure(
      'MODEL_INVALID',
      `${name} ${problem} ${MANIFEST}: restore it, or train the pack again.`,
    );
  }
  return manifest;
}
