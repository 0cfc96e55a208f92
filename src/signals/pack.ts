import type { Device } from '../inference/devices.js';
import type { Precision } from '../inference/onnx/graph.js';
import type { FullModels } from '../inference/pulled-models.js';
import type { DecodedTrailer, Sound } from '../media/decoded.js';
import type { TimedLine } from '../media/timed-line.js';
import type { Signal, SignalEmbedding } from './signal.js';
import type { Island } from './speech/islands.js';
import type { Recognition } from './speech/recognition.js';

export type PackId = 'compact' | 'full';

/** `shots`: clips inside the shots that last longest. `uniform`: sixteen frames over the whole length, as one clip. */
export type ClipSampling = 'shots' | 'uniform';

/** What a worker thread loads a pack from; plain, so that it can cross threads. */
export type PackFiles = CompactPackFiles | FullPackFiles;

export interface CompactPackFiles {
  id: 'compact';
  /** Holds `manifest.json` and the files that it lists. */
  folder: string;
}

export interface FullPackFiles {
  id: 'full';
  /** The compact pack's folder: its cinematic features and its sound serve both packs. */
  compactFolder: string;
  models: FullModels;
  /** Where converted graphs and the zero-shot head are kept. */
  cacheFolder: string;
  /** Name and version of the zero-shot classifier, and of the fused vectors. */
  classifier: string;
  fused: string;
  device: Device;
  precision: Precision;
  /** Where VideoMAE's frames are taken. */
  sampling: ClipSampling;
  /** Cores that one run of a graph may use. */
  threads: number;
}

/** A set of encoders, one a signal. Everything above this seam is the same for all packs. */
export interface Pack {
  id: PackId;
  /** Name and version of each encoder; part of every stored vector and of the stages' cache keys. */
  models: Record<Signal, string>;
  /** The words of a sound; null where the pack has no recogniser. */
  recognise: ((input: SpeechInput, context: PackContext) => Promise<Recognition>) | null;
  /**
   * One embedding for each of TEXT, PICTURE and SOUND, and a second PICTURE of another model where the pack has
   * one; a missing signal comes back marked, never left out.
   */
  embed(input: SignalInput, context: PackContext): Promise<SignalEmbedding[]>;
  close(): Promise<void>;
}

export interface PackContext {
  signal: AbortSignal;
  progress(share: number): void;
}

export interface SpeechInput {
  sound: Sound;
  /** Stretches whose words are known already. */
  known: readonly Island[];
}

export interface SignalInput {
  /** The trailer's file, for a signal that asks for frames of its own. */
  path: string;
  decoded: DecodedTrailer;
  /** The transcript that was chosen; empty when there are no words. */
  lines: readonly TimedLine[];
}
