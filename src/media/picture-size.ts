import type { VideoFacts } from './facts.js';

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

/** Bytes of one planar 4:2:0 picture. */
export function frameBytes({ width, height }: PictureSize): number {
  return (width * height * 3) / 2;
}
