import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { Feature, Spread } from './features.js';
import {
  PICTURE_FEATURES,
  type PictureFeature,
  SHOT_FEATURES,
  type ShotFeature,
} from './picture-features.js';
import {
  SOUND_FEATURES,
  type SoundFeature,
  STRETCH_FEATURES,
  type StretchFeature,
} from './sound-features.js';

/** Centre and spread of every feature of the cinematic and the sound signal. */
export interface SignalStatistics {
  shot: Record<ShotFeature, Spread>;
  picture: Record<PictureFeature, Spread>;
  stretch: Record<StretchFeature, Spread>;
  sound: Record<SoundFeature, Spread>;
}

/** Bumped whenever the same frames would give other numbers. */
const PICTURE_VERSION = 'picture-1';
/** Bumped whenever the same samples would give other numbers. */
const SOUND_VERSION = 'sound-1';

const spread = z.object({ mean: z.number(), deviation: z.number().positive() });
const spreads = <N extends string>(catalogue: Record<N, Feature>) =>
  z.object(
    Object.fromEntries(Object.keys(catalogue).map((name) => [name, spread])) as Record<N, typeof spread>,
  );
const statistics = z.object({
  shot: spreads(SHOT_FEATURES),
  picture: spreads(PICTURE_FEATURES),
  stretch: spreads(STRETCH_FEATURES),
  sound: spreads(SOUND_FEATURES),
});

/** Reads models/compact/statistics.json. @throws Failure MODEL_INVALID */
export async function readStatistics(file: string): Promise<SignalStatistics> {
  try {
    return statistics.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure(
      'MODEL_INVALID',
      `The signal statistics in ${file} are missing or damaged. Restore the file from the repository.`,
      { cause },
    );
  }
}

/** Name and version of the picture encoder: other code or other statistics give another name. */
export function pictureModel({ shot, picture }: SignalStatistics): string {
  return modelName('compact-picture', PICTURE_VERSION, { shot, picture });
}

/** Name and version of the sound encoder. */
export function soundModel({ stretch, sound }: SignalStatistics): string {
  return modelName('compact-sound', SOUND_VERSION, { stretch, sound });
}

function modelName(name: string, version: string, numbers: Record<string, Record<string, Spread>>): string {
  const hash = createHash('sha256').update(version);
  for (const [group, features] of Object.entries(numbers)) {
    for (const [feature, { mean, deviation }] of Object.entries(features).sort()) {
      hash.update(`\n${group} ${feature} ${mean} ${deviation}`);
    }
  }
  return `${name}@${hash.digest('hex').slice(0, 12)}`;
}
