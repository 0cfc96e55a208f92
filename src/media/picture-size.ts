import type { VideoFacts } from './facts.js';
import type { PictureFormat } from './reading.js';
import { oneField, ordinaryRange, type Viewing } from './viewing.js';

/** Pixels. Both are even, as 4:2:0 colour needs. */
export interface PictureSize {
  width: number;
  height: number;
}

/** The longer side of the frames that thumbnails and cinematic measures are read from. */
const LONG_SIDE = 320;
/** The longer side of the frames that shots are found in. */
const SCAN_LONG_SIDE = 160;
/** A banner a hundred times as wide as high still has a few rows. */
const SHORTEST_SIDE = 16;

/** Size of the small frames: as displayed, the longer side 320 pixels, whatever the file's size. */
export function smallSize(video: Pick<VideoFacts, 'width' | 'height'>): PictureSize {
  return sizeWithin(video, LONG_SIDE);
}

/** Size of the frames that shots are found in: as displayed, the longer side 160 pixels. */
export function scanSize(video: Pick<VideoFacts, 'width' | 'height'>): PictureSize {
  return sizeWithin(video, SCAN_LONG_SIDE);
}

/** Lines that the frames of clips are brought to before an encoder's own preprocessing, as the prototype did. */
const NORMAL_HEIGHT = 360;

/** Size of the frames of clips: as displayed, 360 lines high; lower pictures stay as they are. */
export function normalisedSize({ width, height }: PictureSize): PictureSize {
  if (height <= NORMAL_HEIGHT) return { width, height };
  return { width: even((width * NORMAL_HEIGHT) / height), height: NORMAL_HEIGHT };
}

function sizeWithin(video: PictureSize, longSide: number): PictureSize {
  const scale = longSide / Math.max(video.width, video.height);
  return { width: even(video.width * scale), height: even(video.height * scale) };
}

function even(length: number): number {
  return Math.max(SHORTEST_SIDE, Math.round(length / 2) * 2);
}

/**
 * Frames as shots are found in: planar 4:2:0, studio range. Two of every twelve pixels of a row are read: of a
 * 1080p frame this costs 0.1 ms, where the mean of all pixels costs 0.9.
 */
export function scanPictures({ width, height }: PictureSize, video: Viewing): PictureFormat {
  const scaling = `${width}:${height}:flags=fast_bilinear`;
  const filters = [
    ...oneField(video),
    ...ordinaryRange(video, scaling),
    `scale=${scaling}:out_range=tv`,
    'format=yuv420p',
  ];
  return { filter: filters.join(','), bytes: (width * height * 3) / 2 };
}

/** Films that are this many times as wide as the small frames are halved in two steps. */
const LARGE_TIMES = 2.5;

/**
 * Small frames as they are shown and measured: planar 4:2:0, full range, BT.601. Large films are brought to twice
 * the size by four of the nine (1080p) pixels that each then stands for, which takes half the time of all nine.
 */
export function smallPictures({ width, height }: PictureSize, video: PictureSize & Viewing): PictureFormat {
  const isLarge = video.width > LARGE_TIMES * width;
  const scaling = `${width}:${height}:flags=area`;
  const filters = [
    ...oneField(video),
    ...(isLarge ? [`scale=${2 * width}:${2 * height}:flags=fast_bilinear`] : []),
    ...ordinaryRange(video, scaling),
    `scale=${scaling}:out_range=pc:out_color_matrix=bt601`,
    'format=yuv420p',
  ];
  return { filter: filters.join(','), bytes: (width * height * 3) / 2 };
}
