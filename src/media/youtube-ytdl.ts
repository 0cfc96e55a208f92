import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { storeStream } from './store.js';
import { fetchCaptions } from './youtube-captions.js';
import { watchUrl, type YoutubeProvider } from './youtube-provider.js';

interface VideoInfo {
  videoDetails: { title: string; lengthSeconds: string; isLiveContent?: boolean };
  player_response: {
    captions?: {
      playerCaptionsTracklistRenderer?: {
        captionTracks?: { baseUrl: string; languageCode: string; kind?: string }[];
      };
    };
  };
}

/** The part of ytdl-core that is used; tests bring a stand-in. */
export interface Ytdl {
  getInfo(url: string): Promise<VideoInfo>;
  downloadFromInfo(info: VideoInfo, options: { quality: 'highest'; filter: 'audioandvideo' }): Readable;
}

/** The last resort: a maintained fork of ytdl-core, which stops working whenever YouTube changes its player. */
export function ytdl(load: () => Promise<Ytdl> = loadLibrary): YoutubeProvider {
  return {
    name: 'ytdl-core',
    unavailable: async () => null,
    async fetch(videoId, job) {
      const library = await load();
      const info = await library.getInfo(watchUrl(videoId));
      const { title, lengthSeconds } = info.videoDetails;
      if (Number(lengthSeconds) > job.limits.durationSeconds) throw new Error('The video is too long');
      const stored = await storeStream(
        library.downloadFromInfo(info, { quality: 'highest', filter: 'audioandvideo' }),
        {
          storeFolder: job.folder,
          maxBytes: job.limits.downloadBytes,
          tooLarge: 'DOWNLOAD_TOO_LARGE',
          signal: job.signal,
        },
      );
      const listed = info.player_response.captions?.playerCaptionsTracklistRenderer?.captionTracks ?? [];
      const tracks = listed.map((track) => ({
        url: track.baseUrl,
        language: track.languageCode,
        isRecognised: track.kind === 'asr',
      }));
      return { path: stored.path, title, captions: await fetchCaptions(tracks, job) };
    },
  };
}

async function loadLibrary(): Promise<Ytdl> {
  // It asks GitHub for a newer version of itself otherwise.
  process.env.YTDL_NO_UPDATE = '1';
  // A CommonJS package whose types are no module.
  return createRequire(import.meta.url)('ytdl-core') as Ytdl;
}
