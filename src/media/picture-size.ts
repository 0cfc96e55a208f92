import type { VideoFacts } from './facts.js';
import type { PictureFormat } from './reading.js';

/** Pixels. Both are even, as 4:2:0 colour needs. */
export interface PictureSize {
  width: number;
  height: number;
}

/** The longer side of the frames that shots, thumbnails and cinematic measures are read from. */
const LONG_SIDE = 320;
/** A banner a hundred times as wide as high still has a few rows. */
const SHORTEST_SIDE = 16;

/** Size of the small frames: as displayed, the longer side 320 pixels, whatever the file's size. */
export function smallSize(video: Pick<VideoFacts, 'width' | 'height'>): PictureSize {
  const scale = LONG_SIDE / Math.max(video.width, video.height);
  return { width: even(video.width * scale), height: even(video.height * scale) };
}

function even(length: number): number {
  return Math.max(SHORTEST_SIDE, Math.round(length / 2) * 2);
}

/** Small frames as they are measured: planar 4:2:0, full range, BT.601. */
export function smallPictures({ width, height }: PictureSize): PictureFormat {
  return {
    filter: `scale=${width}:${height}:flags=area:out_range=pc:out_color_matrix=bt601,format=yuv420p`,
    bytes: (width * height * 3) / 2,
  };
}
