import type { SignalEmbedding } from '../signals/signal.js';
import type { Tagging } from './tag.js';

/** A classifier that is loaded and ready. */
export interface Tagger {
  /** Name and version, for example `compact-head@9c2e…`. */
  classifier: string;
  /**
   * Whether its tags need the vectors of the moments. Where they do not, the signals' whole vectors and the words of
   * the lines give the same probabilities, and only the evidence needs more.
   */
  readsMoments: boolean;
  tag(embeddings: SignalEmbedding[]): Promise<Tagging>;
  close(): Promise<void>;
}
