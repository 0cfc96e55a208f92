import { readFile } from 'node:fs/promises';
import type { PackFiles } from '../signals/pack.js';
import { nameClassifier, readClassifier } from './classifier-file.js';
import { loadTagger } from './compact-tagger.js';
import type { Tagger } from './tagger.js';
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
  const learned = new Set(classifier.labels.map(({ group }) => group));
  const shipped = await loadShippedTagger(files);
  return {
    classifier: name,
    readsMoments: shipped.readsMoments,
    async tag(embeddings) {
      const { tags: own } = tagByClassifier(classifier, embeddings);
      const rest = await shipped.tag(embeddings);
      const tags = [...own, ...rest.tags.filter(({ label }) => !learned.has(groupOf(label)))];
      return { ...rest, tags, classifier: name };
    },
    close: () => shipped.close(),
  };
}

const groupOf = (label: string) => label.slice(0, label.indexOf('/'));
