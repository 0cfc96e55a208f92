import type { SignalEmbedding } from '../signals/signal.js';
import type { Tag, Tagging } from './tag.js';

/** A classifier that is loaded and ready. */
export interface Tagger {
  /** Name and version, for example `compact-head@9c2e…`. */
  classifier: string;
  /**
   * What its tags are made of: the signals' whole vectors, the words of the lines as well, or also the vectors of the
   * moments. Less than all of it gives the same probabilities, and only the evidence needs more.
   */
  reads: 'VECTORS' | 'WORDS' | 'MOMENTS';
  /** The groups of its labels, in lower case. */
  groups: ReadonlySet<string>;
  tag(embeddings: SignalEmbedding[]): Promise<Tagging>;
  /** The same tags without evidence and shares, which are most of the work. */
  decide(embeddings: SignalEmbedding[]): Promise<Tag[]>;
  close(): Promise<void>;
}

/** The groups of these labels: `theme/family` is of the group `theme`. */
export function groupsOf(labels: readonly { id: string }[]): ReadonlySet<string> {
  return new Set(labels.map(({ id }) => groupOf(id)));
}

export function groupOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}
