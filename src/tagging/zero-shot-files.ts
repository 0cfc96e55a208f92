import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { fingerprint, nameModel, readManifest } from '../inference/packs.js';
import type { FullModels } from '../inference/pulled-models.js';
import type { FullPackFiles } from '../signals/pack.js';
import { HEAD_FILE } from './compact-tagger.js';
import { FUSION_WEIGHTS } from './fusion.js';
import { readHead } from './head.js';
import { labelsOf, readTaxonomy, type TaxonomyLabel } from './taxonomy.js';
import { type ZeroShotHead, zeroShotHead } from './zero-shot.js';

/** Part of the classifier's name: raise it whenever the same similarities give other answers. */
const VERSION = 'zero-shot 2';

const numbers = z.array(z.number()).transform((values) => Float32Array.from(values));
const headShape = z.object({
  similarity: z.object({ ofLabel: z.number(), ofOthers: z.number(), deviation: z.number() }),
  labels: z.array(z.object({ id: z.string(), prior: z.number(), threshold: z.number(), direction: numbers })),
  classes: z.array(z.tuple([z.string(), numbers])).transform((entries) => new Map(entries)),
});

/** Names of the zero-shot classifier and of the fused vectors that go with these encoders. */
export async function nameZeroShot(
  compactFolder: string,
  models: FullModels,
): Promise<{ classifier: string; fused: string }> {
  const { models: compact } = await readManifest(compactFolder);
  const encoders = [models.TEXT.name, models.PICTURE?.name ?? '', compact.PICTURE, compact.SOUND];
  const shared = await Promise.all(
    ['../taxonomy.json', '../cues.json', HEAD_FILE].map(
      async (name) => (await fingerprint(path.join(compactFolder, name))).sha256,
    ),
  );
  return {
    classifier: nameModel('zero-shot', [VERSION, ...shared, ...encoders]),
    fused: nameModel('full-fused', [JSON.stringify(FUSION_WEIGHTS), ...encoders]),
  };
}

const headFile = ({ cacheFolder, classifier }: FullPackFiles) => path.join(cacheFolder, `${classifier}.json`);

/**
 * Makes the head from the taxonomy's descriptions, once for an encoder. How frequent a label is comes from the compact
 * head, whose training texts say so.
 * @param encode texts → unit vectors
 * @param classNames what a fine-tuned picture encoder can name
 */
export async function ensureZeroShotHead(
  files: FullPackFiles,
  encode: (texts: readonly string[]) => Promise<Float32Array[]>,
  classNames: readonly string[],
): Promise<void> {
  const target = headFile(files);
  if (await readFile(target).catch(() => null)) return;
  const taxonomy = await readTaxonomy(path.join(files.compactFolder, '..', 'taxonomy.json'));
  const { labels: priors } = await readHead(path.join(files.compactFolder, HEAD_FILE));
  const labels = [];
  for (const label of labelsOf(taxonomy)) {
    const prior = priors.find(({ id }) => id === label.id)?.prior ?? RARE;
    labels.push({ id: label.id, prior, wordings: await encode(wordingsOf(label)) });
  }
  const head = zeroShotHead(labels);
  const classVectors = await encode(classNames);
  const json = {
    similarity: head.similarity,
    labels: head.labels.map((label) => ({ ...label, direction: [...label.direction] })),
    classes: classNames.map((name, i) => [name, [...classVectors[i]!]]),
  };
  await mkdir(files.cacheFolder, { recursive: true });
  const draft = `${target}.${randomUUID()}.tmp`;
  await writeFile(draft, JSON.stringify(json));
  await rename(draft, target);
}

/** Log-odds of a label that the compact head does not know: one text in twenty. */
const RARE = Math.log(1 / 19);

/** Several ways to say what the label is; the first two are its own name and its definition. */
export function wordingsOf({ name, definition, descriptions }: TaxonomyLabel): string[] {
  return [`A story of ${name.toLowerCase()}.`, definition, ...descriptions];
}

/** @throws Failure MODEL_INVALID when the head was not made, or is damaged */
export async function readZeroShotHead(files: FullPackFiles): Promise<ZeroShotHead> {
  const file = headFile(files);
  try {
    return headShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or damaged: delete it and start again.`, {
      cause,
    });
  }
}
