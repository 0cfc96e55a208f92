import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { LabelGroupKind } from './tag.js';

const KINDS = ['GENRE', 'MOOD', 'THEME'] as const satisfies LabelGroupKind[];

const labelShape = z.object({
  /** The group in lower case, a slash, a slug: `theme/family`. */
  id: z.string().regex(/^(genre|mood|theme)\/[a-z]+(-[a-z]+)*$/),
  name: z.string().min(1),
  definition: z.string().min(1),
  /** What such a trailer may tell, in our own words: for zero-shot use. */
  descriptions: z.array(z.string().min(1)).min(2).max(4),
  /** Words that hint at the label: for weak labelling. */
  words: z.array(z.string().regex(/^[a-z]+$/)).min(3),
});

const taxonomyShape = z.object({
  version: z.number().int().positive(),
  groups: z.array(z.object({ kind: z.enum(KINDS), name: z.string(), labels: z.array(labelShape).min(1) })),
});

export type TaxonomyLabel = z.infer<typeof labelShape>;
export type LabelGroup = z.infer<typeof taxonomyShape>['groups'][number];
export type Taxonomy = z.infer<typeof taxonomyShape>;

const mappingShape = z.object({
  version: z.number().int().positive(),
  genre: z.record(z.string(), z.array(z.string())),
  tag: z.record(z.string(), z.array(z.string())),
  /** Labels that hardly any name of the data stands for: learned from their own words too. */
  words: z.array(z.string()),
});

/** Which labels a film genre or a tag of the training data stands for; an empty list: reviewed, none. */
export type LabelMapping = z.infer<typeof mappingShape>;

/** @throws Failure MODEL_INVALID naming what is wrong */
export async function readTaxonomy(file: string): Promise<Taxonomy> {
  const taxonomy = await readShape(file, taxonomyShape);
  const ids = labelsOf(taxonomy).map((label) => label.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice) throw invalid(file, `the label ${twice} occurs twice`);
  for (const group of taxonomy.groups) {
    const stray = group.labels.find((label) => !label.id.startsWith(`${group.kind.toLowerCase()}/`));
    if (stray) throw invalid(file, `the label ${stray.id} is in the group ${group.kind}`);
  }
  return taxonomy;
}

/** @throws Failure MODEL_INVALID naming an id that the taxonomy does not have */
export async function readMapping(file: string, taxonomy: Taxonomy): Promise<LabelMapping> {
  const mapping = await readShape(file, mappingShape);
  const known = new Set(labelsOf(taxonomy).map((label) => label.id));
  const named = [...Object.entries(mapping.genre), ...Object.entries(mapping.tag)];
  for (const [name, ids] of [...named, ['words', mapping.words] as const]) {
    const unknown = ids.find((id) => !known.has(id));
    if (unknown) throw invalid(file, `"${name}" is mapped to ${unknown}, which the taxonomy does not have`);
  }
  return mapping;
}

/** All labels, group after group: the order of every array that has one entry a label. */
export function labelsOf(taxonomy: Taxonomy): TaxonomyLabel[] {
  return taxonomy.groups.flatMap((group) => group.labels);
}

async function readShape<T>(file: string, shape: z.ZodType<T>): Promise<T> {
  try {
    return shape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw invalid(file, detailOf(cause), cause);
  }
}

function detailOf(cause: unknown): string {
  if (cause instanceof z.ZodError) return z.prettifyError(cause).split('\n')[0]!;
  return (cause as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'there is no such file'
    : 'it is no readable JSON';
}

function invalid(file: string, detail: string, cause?: unknown): Failure {
  return new Failure('MODEL_INVALID', `${file} is not usable: ${detail}.`, { cause });
}
