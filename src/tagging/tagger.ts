import type { SignalEmbedding } from '../signals/signal.js';
import type { Tagging } from './tag.js';

/** A classifier that is loaded and ready. */
export interface Tagger {
  /** Name and version, for example `compact-head@9c2e…`. */
  classifier: string;
  tag(embeddings: SignalEmbedding[]): Promise<Tagging>;
  close(): Promise<void>;
}
