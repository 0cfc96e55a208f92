import { rename } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import { download } from './download.js';
import type { CaptionFile } from './source.js';
import type { YoutubeJob } from './youtube-provider.js';

/** A caption track as YouTube's player lists it. */
export interface CaptionTrack {
  url: string;
  language: string;
  /** `asr`: recognised by the platform, not written by people. */
  isRecognised: boolean;
}

const MAX_TRACKS = 3;
const MAX_CAPTION_BYTES = 4 * 1024 ** 2;

/**
 * Fetches the captions that are worth reading: English first, people's before the platform's own.
 * A track that cannot be had costs nothing but itself.
 */
export async function fetchCaptions(
  tracks: readonly CaptionTrack[],
  job: YoutubeJob,
): Promise<CaptionFile[]> {
  const rank = (track: CaptionTrack) =>
    (track.isRecognised ? 2 : 0) + (track.language.startsWith('en') ? 0 : 1);
  const chosen = tracks.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_TRACKS);
  const files: CaptionFile[] = [];
  for (const [index, track] of chosen.entries()) {
    try {
      const url = new URL(track.url);
      url.searchParams.set('fmt', 'vtt');
      const { limits, network, signal, folder } = job;
      const stored = await download(url.href, {
        network,
        signal,
        storeFolder: folder,
        maxBytes: MAX_CAPTION_BYTES,
        maxSeconds: limits.downloadSeconds,
      });
      const file = path.join(folder, `captions-${index}.vtt`);
      await rename(stored.path, file);
      files.push({ path: file, language: track.language, origin: 'PLATFORM' });
    } catch (error) {
      if (error instanceof Failure && error.code === 'CANCELLED') throw error;
    }
  }
  return files;
}
