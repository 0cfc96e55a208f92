import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { storeStream } from './store.js';
import { fetchCaptions } from './youtube-captions.js';
import type { YoutubeProvider } from './youtube-provider.js';

/** The part of youtubei.js that is used; tests bring a stand-in. */
export interface InnertubeSession {
  getBasicInfo(
    videoId: string,
    options: { client: 'IOS' },
  ): Promise<{
    basic_info: { title?: string; duration?: number; is_live?: boolean };
    captions?: { caption_tracks?: { base_url: string; language_code: string; kind?: string }[] };
    download(options: { type: 'video+audio'; quality: 'best' }): Promise<ReadableStream<Uint8Array>>;
  }>;
}

/**
 * YouTube's own interface by youtubei.js, asked as a phone: such formats need no script of YouTube's to be run
 * in this process, which youtubei.js would otherwise want.
 */
export function innertube(connect: () => Promise<InnertubeSession> = connectAsGuest): YoutubeProvider {
  return {
    name: 'youtubei.js',
    unavailable: async () => null,
    async fetch(videoId, job) {
      const session = await connect();
      const info = await session.getBasicInfo(videoId, { client: 'IOS' });
      const { title = videoId, duration = 0, is_live: isLive } = info.basic_info;
      if (isLive || duration > job.limits.durationSeconds) throw new Error('The video is live or too long');
      const stream = await info.download({ type: 'video+audio', quality: 'best' });
      const stored = await storeStream(Readable.fromWeb(stream as WebStream<Uint8Array>), {
        storeFolder: job.folder,
        maxBytes: job.limits.downloadBytes,
        tooLarge: 'DOWNLOAD_TOO_LARGE',
        signal: job.signal,
      });
      const tracks = (info.captions?.caption_tracks ?? []).map((track) => ({
        url: track.base_url,
        language: track.language_code,
        isRecognised: track.kind === 'asr',
      }));
      return { path: stored.path, title, captions: await fetchCaptions(tracks, job) };
    },
  };
}

async function connectAsGuest(): Promise<InnertubeSession> {
  const { Innertube } = await import('youtubei.js');
  return Innertube.create({
    retrieve_player: false,
    generate_session_locally: true,
  }) as Promise<unknown> as Promise<InnertubeSession>;
}
