import { setImmediate } from 'node:timers/promises';
import { type ClipRequest, clipsInShots, decodeClips } from '../media/clips.js';
import type { DecodedTrailer } from '../media/decoded.js';
import { weightedMean } from './features.js';
import type { PackContext } from './pack.js';
import type { SignalEmbedding } from './signal.js';
import { CLIP_FRAMES, type ClipReading, type Videomae } from './videomae.js';

/** Clips of one trailer: eight of them cost 8 × 360 GFLOP with the base model. */
export const CLIPS = 8;
/** VideoMAE learned from every fourth frame of films with 30 frames a second (Tong et al. 2022, Kinetics-400). */
const SPACING_SECONDS = 4 / 30;

/**
 * What VideoMAE sees: one moment a clip, each clip inside the shot that it stands for, and their mean for the whole.
 *
 * @param name of the model, for the stored vectors
 * @throws Failure MEDIA_DECODE_FAILED, MEDIA_TIMEOUT; the AbortSignal's reason
 */
export async function embedClips(
  videomae: Pick<Videomae, 'read' | 'atOnce'>,
  name: string,
  { path, decoded }: { path: string; decoded: DecodedTrailer },
  { signal, progress }: PackContext,
): Promise<SignalEmbedding> {
  const { facts } = decoded;
  const common = { signal: 'PICTURE', model: name, measures: {} } as const;
  const requests = facts.video
    ? clipsInShots(decoded, { clips: CLIPS, frames: CLIP_FRAMES, spacingSeconds: SPACING_SECONDS })
    : [];
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
    endSeconds: endOf(request),
    vector: vectors[i]!,
    line: null,
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

const endOf = ({ startSeconds, frames, spacingSeconds }: ClipRequest) =>
  startSeconds + frames * spacingSeconds;
