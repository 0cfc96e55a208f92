/** What a trailer speaks to: words, picture, sound. */
export type Signal = 'TEXT' | 'PICTURE' | 'SOUND';

/**
 * One signal of one trailer as numbers. `vector` is null when the signal is missing: missing is marked,
 * never zeroed. Vectors of different `model`s never meet.
 */
export interface SignalEmbedding {
  signal: Signal;
  /** Name and version of what made the vectors, for example `compact-text@1f3a…`. */
  model: string;
  vector: Float32Array | null;
  /** One vector a line (TEXT), a shot (PICTURE) or a stretch of sound (SOUND). */
  moments: Moment[];
  /** Named measures in plain units, for signal quality and for people: `{ meanShotSeconds: 2.1, … }`. */
  measures: Record<string, number>;
  /** Why the vector is null: one sentence for people, else null. */
  missingReason: string | null;
}

export interface Moment {
  startSeconds: number;
  endSeconds: number;
  vector: Float32Array;
  /** The words, where the moment is a line; of a clip, the class that a fine-tuned encoder is sure of. */
  line: string | null;
  /** The shot, where the moment is one. */
  shotIndex: number | null;
}
