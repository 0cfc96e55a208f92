import type { Config } from '../config.js';
import type { CaptionFile } from './source.js';
import type { Network } from './web-address.js';

/** One way to get a YouTube video. They are tried in order; see source-youtube.ts. */
export interface YoutubeProvider {
  name: string;
  /** Null when it can be used, else why not. */
  unavailable(): Promise<string | null>;
  /**
   * Writes the video and its captions into `job.folder`, which is empty and belongs to this job.
   * @throws Failure CANCELLED, DOWNLOAD_TOO_LARGE; any other error lets the next provider try
   */
  fetch(videoId: string, job: YoutubeJob): Promise<YoutubeVideo>;
}

export interface YoutubeJob {
  folder: string;
  limits: Config['limits'];
  network: Network;
  signal: AbortSignal;
  progress?(share: number): void;
}

export interface YoutubeVideo {
  path: string;
  title: string;
  captions: CaptionFile[];
}

export function watchUrl(videoId: string): string {
  return `https://www.youtube.com/watch?v=${videoId}`;
}
