import type { DecodedTrailer } from '../media/decoded.js';
import type { TimedLine } from '../media/subtitles.js';
import type { Signal, SignalEmbedding } from './signal.js';

/** A set of encoders, one a signal. Everything above this seam is the same for all packs. */
export interface Pack {
  id: 'compact';
  /** Name and version of each encoder; part of every stored vector and of the stages' cache keys. */
  models: Record<Signal, string>;
  /** One embedding for each of TEXT, PICTURE and SOUND; a missing signal comes back marked, never left out. */
  embed(input: SignalInput, context: { signal: AbortSignal }): Promise<SignalEmbedding[]>;
  close(): Promise<void>;
}

export interface SignalInput {
  decoded: DecodedTrailer;
  /** The transcript that was chosen; empty when there are no words. */
  lines: TimedLine[];
}
