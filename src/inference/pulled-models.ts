import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { KNOWN_MODELS, type ModelRole } from './full-pack.js';
import { type LockedModel, readLock } from './hub-lock.js';
import { modelFolder } from './hub-pull.js';
import type { Precision } from './onnx/graph.js';
import { nameModel } from './packs.js';

/** A model that was pulled, as the full pack uses it. */
export interface PulledModel {
  repository: string;
  folder: string;
  /** `owner/name@` and 12 digits that stand for its files, as locked, and for the precision. */
  name: string;
  /** Numbers of one vector; 0 where it gives none. */
  width: number;
  /** Of all its files together. */
  bytes: number;
}

/** The full pack: what listens, what reads, and where they were pulled what sees and what tells speech. */
export interface FullModels {
  SPEECH: PulledModel;
  TEXT: PulledModel;
  PICTURE: PulledModel | null;
  SPEECH_GATE: PulledModel | null;
}

const GATE_FILE = 'onnx/model.onnx';
const ROLE_OF_ARCHITECTURE: Record<string, ModelRole> = {
  whisper: 'SPEECH',
  mpnet: 'TEXT',
  bert: 'TEXT',
  videomae: 'PICTURE',
};
const configShape = z.object({ model_type: z.string(), hidden_size: z.number().int().positive().optional() });

export const silero = (gate: PulledModel | null) => gate && path.join(gate.folder, GATE_FILE);

/**
 * Chooses among the pulled models: for each role a preferred one, else the full pack's own, else any.
 *
 * @param preferred `owner/name`, each for the role that its architecture has
 * @returns the models, or null and what is missing
 * @throws Failure CONFIGURATION_INVALID when a preferred model is not there, MODEL_INVALID for a broken one
 */
export async function findFullModels(
  modelsFolder: string,
  preferred: readonly string[],
  precision: Precision,
): Promise<{ models: FullModels; missing: null } | { models: null; missing: string }> {
  const { models: locked } = await readLock(modelsFolder);
  const absent = preferred.find((repository) => !(repository in locked));
  if (absent !== undefined) {
    throw new Failure(
      'CONFIGURATION_INVALID',
      `MARQUEE_MODELS names ${absent}, which is not on this machine: run marquee models pull ${absent}.`,
    );
  }
  const byRole = new Map<ModelRole, PulledModel>();
  for (const repository of inOrder(Object.keys(locked), preferred)) {
    const folder = modelFolder(modelsFolder, repository);
    const { role, width } = await describe(folder, repository);
    if (role === null || byRole.has(role) || !(await isWhole(folder, locked[repository]!))) continue;
    const files = Object.entries(locked[repository]!.files).sort(([a], [b]) => (a < b ? -1 : 1));
    const name = nameModel(repository, [
      precision,
      ...files.map(([file, { sha256 }]) => `${file} ${sha256}`),
    ]);
    const bytes = files.reduce((sum, [, file]) => sum + file.bytes, 0);
    byRole.set(role, { repository, folder, name, width, bytes });
  }
  const [SPEECH, TEXT] = [byRole.get('SPEECH'), byRole.get('TEXT')];
  if (!SPEECH || !TEXT) {
    const lacking = [SPEECH ? [] : ['no speech recogniser'], TEXT ? [] : ['no sentence encoder']].flat();
    return { models: null, missing: `${lacking.join(' and ')} was pulled` };
  }
  const PICTURE = byRole.get('PICTURE') ?? null;
  return { models: { SPEECH, TEXT, PICTURE, SPEECH_GATE: byRole.get('SPEECH_GATE') ?? null }, missing: null };
}

/** Preferred ones first, then the full pack's own, then the other known ones. */
function inOrder(repositories: readonly string[], preferred: readonly string[]): string[] {
  const place = (repository: string) => {
    const wanted = preferred.indexOf(repository);
    if (wanted >= 0) return wanted - preferred.length;
    const known = KNOWN_MODELS.findIndex((model) => model.repository === repository);
    if (known < 0) return 2 * KNOWN_MODELS.length;
    return KNOWN_MODELS[known]!.isDefault ? known : KNOWN_MODELS.length + known;
  };
  return [...repositories].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

async function describe(
  folder: string,
  repository: string,
): Promise<{ role: ModelRole | null; width: number }> {
  const known = KNOWN_MODELS.find((model) => model.repository === repository)?.role;
  if (known === 'SPEECH_GATE') return { role: known, width: 0 };
  const text = await readFile(path.join(folder, 'config.json'), 'utf8').catch(() => null);
  if (text === null) return { role: null, width: 0 };
  try {
    const config = configShape.parse(JSON.parse(text));
    return { role: ROLE_OF_ARCHITECTURE[config.model_type] ?? null, width: config.hidden_size ?? 0 };
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${folder}/config.json is not readable: pull ${repository} again.`, {
      cause,
    });
  }
}

/** Sizes only: `marquee models verify` reads every byte. */
async function isWhole(folder: string, { files }: LockedModel): Promise<boolean> {
  const sizes = await Promise.all(
    Object.entries(files).map(async ([name, { bytes }]) => {
      const found = await stat(path.join(folder, name)).catch(() => null);
      return found?.size === bytes;
    }),
  );
  return sizes.every(Boolean);
}
