import type { PackFiles, PackId } from '../signals/pack.js';
import type { Signal } from '../signals/signal.js';

/** The versions of everything that a pack contributes, and where its files lie. */
export interface PackIdentity {
  id: PackId;
  files: PackFiles;
  /** Name and version of each encoder, in a fixed order. */
  encoders: string[];
  /** Of these the ones whose vectors a classifier that is trained here may read, by signal. */
  vectors: Partial<Record<Signal, string>>;
  /** Name and version of what listens; null where there is nothing. */
  recogniser: string | null;
  /** Name and version of the classifier that ships with it; `Classifier.fingerprint` in the database. */
  classifier: string;
}
