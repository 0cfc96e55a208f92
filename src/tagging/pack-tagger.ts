import { readFile } from 'node:fs/promises';
import type { PackFiles } from '../signals/pack.js';
import { nameClassifier, readClassifier } from './classifier-file.js';
import { loadTagger } from './compact-tagger.js';
import type { Tag } from './tag.js';
import { groupsOf, type Tagger } from './tagger.js';
import { tagByClassifier } from './trained-tagger.js';
import { loadZeroShotTagger } from './zero-shot-tagger.js';

/** The classifier that ships with the pack. @throws Failure MODEL_INVALID */
export function loadShippedTagger(files: PackFiles): Promise<Tagger> {
  return files.id === 'full' ? loadZeroShotTagger(files) : loadTagger(files.folder);
}

/**
 * A trained classifier over a pack's signals. The labels that it did not learn are answered by the one that ships with
 * the pack: who trains genres keeps the moods.
 * @throws Failure MODEL_INVALID
 */
export async function loadTrainedTagger(file: string, files: PackFiles): Promise<Tagger> {
  const bytes = await readFile(file);
  const { classifier } = readClassifier(bytes);
  const name = nameClassifier(bytes);
  const shipped = await loadShippedTagger(files);
  const groups = groupsOf(classifier.labels);
  const isLeft = ({ label }: Tag) => !groups.has(label.slice(0, label.indexOf('/')));
  const leavesSome = [...shipped.groups].some((group) => !groups.has(group));
  return {
    classifier: name,
    reads: leavesSome && shipped.reads === 'MOMENTS' ? 'MOMENTS' : 'WORDS',
    groups: new Set([...groups, ...shipped.groups]),
    async tag(embeddings) {
      const tags = tagByClassifier(classifier, embeddings);
      const rest = await shipped.tag(embeddings);
      return { ...rest, tags: [...tags, ...rest.tags.filter(isLeft)], classifier: name };
    },
    async decide(embeddings) {
      const tags = tagByClassifier(classifier, embeddings, false);
      return leavesSome ? [...tags, ...(await shipped.decide(embeddings)).filter(isLeft)] : tags;
    },
    close: () => shipped.close(),
  };
}
