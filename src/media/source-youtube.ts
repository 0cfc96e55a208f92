import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import type { CaptionFile, FetchedTrailer } from './source.js';
import { adopt, hashFile, temporaryPath } from './store.js';
import { innertube } from './youtube-innertube.js';
import { youtubeVideoId } from './youtube-link.js';
import type { YoutubeJob, YoutubeProvider, YoutubeVideo } from './youtube-provider.js';
import { ytdl } from './youtube-ytdl.js';
import { ytdlp } from './youtube-ytdlp.js';

/** In the order in which they are asked. */
export const YOUTUBE_PROVIDERS: readonly YoutubeProvider[] = [ytdlp, innertube(), ytdl()];

/** Failures that another provider would meet as well. */
const FINAL = new Set(['CANCELLED', 'DOWNLOAD_TOO_LARGE', 'DISK_FULL']);

/**
 * A YouTube video by the first provider that gets it.
 * @throws Failure URL_INVALID, PROVIDER_FAILED, DOWNLOAD_TOO_LARGE, CANCELLED, DISK_FULL
 */
export async function fetchYoutube(
  link: string,
  options: Omit<YoutubeJob, 'folder'> & { storeFolder: string; providers: readonly YoutubeProvider[] },
): Promise<FetchedTrailer> {
  const videoId = youtubeVideoId(link);
  if (videoId === null) {
    throw new Failure(
      'URL_INVALID',
      'This YouTube link names no video. Give a link of the form https://www.youtube.com/watch?v=…',
    );
  }
  await mkdir(options.storeFolder, { recursive: true });
  const reasons: string[] = [];
  for (const provider of options.providers) {
    const folder = await mkdtemp(path.join(options.storeFolder, 'youtube-'));
    try {
      const reason = await provider.unavailable();
      if (reason !== null) {
        reasons.push(reason);
        continue;
      }
      return await keep(await provider.fetch(videoId, { ...options, folder }), options);
    } catch (error) {
      if (options.signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
      if (error instanceof Failure && FINAL.has(error.code)) throw error;
      reasons.push(`${provider.name}: ${error instanceof Error ? error.message.split('\n')[0] : 'failed'}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new Failure(
    'PROVIDER_FAILED',
    `YouTube did not give the video away. Download the trailer yourself and upload the file, or install a recent yt-dlp. (${reasons.join('; ').slice(0, 400)})`,
  );
}

/** Moves a video and its captions from the job's folder into the store. */
async function keep(
  video: YoutubeVideo,
  { storeFolder, signal }: { storeFolder: string; signal: AbortSignal },
): Promise<FetchedTrailer> {
  const contentHash = await hashFile(video.path, signal);
  const captions: CaptionFile[] = [];
  for (const caption of video.captions) {
    // Captions of one video differ between days; they are kept by their own content.
    const hash = await hashFile(caption.path, signal);
    const file = path.join(storeFolder, `${hash}.vtt`);
    await rename(caption.path, file);
    captions.push({ ...caption, path: file });
  }
  const temporary = temporaryPath(storeFolder);
  await rename(video.path, temporary);
  try {
    return { ...(await adopt(temporary, contentHash, storeFolder)), name: video.title, captions };
  } finally {
    await rm(temporary, { force: true });
  }
}
