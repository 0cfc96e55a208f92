import type { PackFiles } from '../signals/pack.js';
import { loadShippedTagger, loadTrainedTagger } from '../tagging/pack-tagger.js';
import type { Tagger } from '../tagging/tagger.js';
import type { ClassifierVersion } from './classifier-files.js';

/** The active one, the one before it for the jobs that began with it, and one that somebody looks at. */
const MOST_LOADED = 3;

/** A thread's classifiers by version, the one that was used longest ago given up first. */
const loaded = new Map<string, Promise<Tagger>>();

/** The classifier of this version, loaded at its first use. @throws Failure MODEL_INVALID */
export function taggerOf(
  files: PackFiles,
  { fingerprint, file }: Pick<ClassifierVersion, 'fingerprint' | 'file'>,
): Promise<Tagger> {
  const known = loaded.get(fingerprint);
  loaded.delete(fingerprint);
  const tagger = known ?? (file === null ? loadShippedTagger(files) : loadTrainedTagger(file, files));
  loaded.set(fingerprint, tagger);
  // One that could not be loaded is tried again at its next use.
  tagger.catch(() => loaded.get(fingerprint) === tagger && loaded.delete(fingerprint));
  for (const [oldest] of [...loaded].slice(0, -MOST_LOADED)) giveUp(oldest);
  return tagger;
}

function giveUp(fingerprint: string): void {
  const tagger = loaded.get(fingerprint);
  loaded.delete(fingerprint);
  void tagger?.then(
    (open) => open.close(),
    () => undefined,
  );
}
