import { setImmediate } from 'node:timers/promises';
import { type ClipRequest, clipsInShots, decodeClips } from '../media/clips.js';
import type { DecodedTrailer } from '../media/decoded.js';
import { weightedMean } from './features.js';
import type { ClipSampling, PackContext } from './pack.js';
import type { SignalEmbedding } from './signal.js';
import { CLIP_FRAMES, type ClipReading, type Videomae } from './videomae.js';

/** Clips of one trailer: eight of them cost 8 × 360 GFLOP with the base model. */
export const CLIPS = 8;
/** A class that is less likely than all others together is not told. */
const TOLD_PROBABILITY = 0.5;
/** VideoMAE learned from every fourth frame of films with 30 frames a second (Tong et al. 2022, Kinetics-400). */
const SPACING_SECONDS = 4 / 30;

/** What embeds clips, and where they are taken. */
export interface ClipReader {
  videomae: Pick<Videomae, 'read' | 'atOnce'>;
  /** Of the model, for the stored vectors. */
  name: string;
  sampling: ClipSampling;
}

/**
 * What VideoMAE sees: one moment a clip, and their mean for the whole. A moment's line is the class that a fine-tuned
 * checkpoint is sure of.
 *
 * @throws Failure MEDIA_DECODE_FAILED, MEDIA_TIMEOUT; the AbortSignal's reason
 */
export async function embedClips(
  { videomae, name, sampling }: ClipReader,
  { path, decoded }: { path: string; decoded: DecodedTrailer },
  { signal, progress }: PackContext,
): Promise<SignalEmbedding> {
  const { facts } = decoded;
  const common = { signal: 'PICTURE', model: name, measures: {} } as const;
  const requests = facts.video ? clipsOf(decoded, sampling) : [];
  if (requests.length === 0) {
    return { ...common, vector: null, moments: [], missingReason: 'There is no shot to take clips from.' };
  }
  const clips = await decodeClips({ path, facts, clips: requests }, { signal });
  const readings: ClipReading[] = [];
  while (readings.length < clips.length) {
    // A run blocks the thread; between two of them it hears that it was asked to stop.
    await setImmediate();
    signal.throwIfAborted();
    const next = clips.slice(readings.length, readings.length + videomae.atOnce);
    readings.push(...(await Promise.all(next.map(({ data }) => videomae.read(data)))));
    progress(readings.length / clips.length);
  }
  const vectors = readings.map(({ vector }) => vector);
  const moments = requests.map((request, i) => ({
    startSeconds: request.startSeconds,
    endSeconds: Math.min(endOf(request), facts.durationSeconds),
    vector: vectors[i]!,
    line: toldClass(readings[i]!),
    shotIndex: request.shotIndex,
  }));
  const equal = vectors.map(() => 1 / vectors.length);
  return {
    ...common,
    vector: weightedMean(vectors, equal),
    moments,
    measures: { clips: clips.length },
    missingReason: null,
  };
}

function clipsOf(
  decoded: DecodedTrailer,
  sampling: ClipSampling,
): (ClipRequest & { shotIndex: number | null })[] {
  if (sampling === 'uniform') return [uniformClip(decoded.facts.durationSeconds)];
  return clipsInShots(decoded, { clips: CLIPS, frames: CLIP_FRAMES, spacingSeconds: SPACING_SECONDS });
}

/** Sixteen frames from the first to the last. */
export function uniformClip(durationSeconds: number): ClipRequest & { shotIndex: null } {
  const spacingSeconds = durationSeconds / (CLIP_FRAMES - 1);
  return { startSeconds: 0, frames: CLIP_FRAMES, spacingSeconds, shotIndex: null };
}

function toldClass({ best }: ClipReading): string | null {
  return best && best.probability > TOLD_PROBABILITY ? best.name : null;
}

const endOf = ({ startSeconds, frames, spacingSeconds }: ClipRequest) =>
  startSeconds + frames * spacingSeconds;
