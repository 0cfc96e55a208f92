import type { Config } from '../config.js';
import type { FetchedTrailer, TrailerSource } from './source.js';
import { fetchPath } from './source-path.js';
import { fetchUpload, type StoredUpload } from './source-upload.js';
import { fetchUrl } from './source-url.js';
import { fetchYoutube, YOUTUBE_PROVIDERS } from './source-youtube.js';
import { type Network, PUBLIC_NETWORK } from './web-address.js';
import { isYoutube } from './youtube-link.js';
import type { YoutubeProvider } from './youtube-provider.js';

export interface FetchOptions {
  /** Absolute folders; a local path outside them is refused. */
  mediaRoots: string[];
  /** Downloads land here, named by their sha256. */
  storeFolder: string;
  findUpload(id: string): Promise<StoredUpload | null>;
  limits: Config['limits'];
  signal: AbortSignal;
  /** Share done, 0 … 1, where the size is known. */
  progress?(share: number): void;
}

/** The outside world: fetching works with the real one, tests build their own. */
export interface Outside {
  network: Network;
  youtubeProviders: readonly YoutubeProvider[];
}

/**
 * Brings a trailer onto this machine's disk.
 * @throws Failure a code of "where a trailer comes from", BAD_INPUT, CANCELLED, DISK_FULL
 */
export type FetchTrailer = (source: TrailerSource, options: FetchOptions) => Promise<FetchedTrailer>;

/** `fetchTrailer` for a given outside world. */
export function trailerFetcher({ network, youtubeProviders }: Outside): FetchTrailer {
  return (source, options) => {
    switch (source.kind) {
      case 'PATH':
        return fetchPath(source.path, options);
      case 'UPLOAD':
        return fetchUpload(source.uploadId, options.findUpload);
      case 'URL':
        return isYoutube(source.url)
          ? fetchYoutube(source.url, { ...options, network, providers: youtubeProviders })
          : fetchUrl(source.url, { ...options, network });
    }
  };
}

export const fetchTrailer: FetchTrailer = trailerFetcher({
  network: PUBLIC_NETWORK,
  youtubeProviders: YOUTUBE_PROVIDERS,
});
