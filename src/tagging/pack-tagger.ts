import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PackFiles } from '../signals/pack.js';
import { nameClassifier, readClassifier } from './classifier-file.js';
import { loadTagger } from './compact-tagger.js';
import type { Tag } from './tag.js';
import { groupOf, groupsOf, type Tagger } from './tagger.js';
import { tagByClassifier } from './trained-tagger.js';
import { weigh } from './verdict.js';
import { loadZeroShotTagger } from './zero-shot-tagger.js';

/** The classifier that ships with the pack. @throws Failure MODEL_INVALID */
export function loadShippedTagger(files: PackFiles): Promise<Tagger> {
  return files.id === 'full' ? loadZeroShotTagger(files) : loadTagger(files.folder);
}

/**
 * A trained classifier over a pack's signals. The groups that it did not learn, and the labels that too few of its rows
 * had or lacked, are answered by the one that ships with the pack: who trains genres keeps the moods.
 * @throws Failure MODEL_INVALID
 */
export async function loadTrainedTagger(file: string, files: PackFiles): Promise<Tagger> {
  const bytes = await readFile(file);
  const { classifier, origin } = readClassifier(bytes);
  const name = nameClassifier(bytes);
  const shipped = await loadShippedTagger(files);
  const groups = groupsOf(classifier.labels);
  const { leftOut } = leftOutShape.parse(origin.figures);
  const isLeft = (label: string) => leftOut.includes(label) || !groups.has(groupOf(label));
  const leavesSome =
    leftOut.some((label) => shipped.groups.has(groupOf(label))) ||
    [...shipped.groups].some((group) => !groups.has(group));
  const together = (learned: readonly Tag[], others: readonly Tag[]) =>
    weigh([...learned, ...others.filter(({ label }) => isLeft(label))]);
  return {
    classifier: name,
    reads: leavesSome && shipped.reads === 'MOMENTS' ? 'MOMENTS' : 'WORDS',
    groups: new Set([...groups, ...shipped.groups]),
    async tag(embeddings) {
      const tags = tagByClassifier(classifier, embeddings);
      const rest = await shipped.tag(embeddings);
      return { ...rest, tags: together(tags, rest.tags), classifier: name };
    },
    async decide(embeddings) {
      const tags = tagByClassifier(classifier, embeddings, false);
      return leavesSome ? together(tags, await shipped.decide(embeddings)) : tags;
    },
    close: () => shipped.close(),
  };
}

/** Of a training's figures, the labels that it had too few rows for. */
const leftOutShape = z.object({ leftOut: z.array(z.string()).default([]) });
