import type { FrameInfo, FrameSequence, Shot } from './decoded.js';
import type { FrameMeasures } from './frame-measures.js';
import type { PictureSize } from './picture-size.js';
import { GAP_SECONDS } from './reading.js';

/** A picture in planar 4:2:0, full range. */
export interface SmallPicture {
  seconds: number;
  data: Uint8Array;
}

/** A frame whose picture is kept until the shots are known. */
export interface KeptFrame {
  measures: FrameMeasures;
  data: Uint8Array;
  /** The next frame, where it follows immediately. */
  successor: SmallPicture | null;
}

/** 800 frames of 320×180 and their successors take 138 MB. */
export const MAX_KEPT = 800;
/** Dense enough that a shot which an eye can follow has a frame or more. */
const MIN_SPACING_SECONDS = 0.2;

/** Seconds from one kept frame to the next: so many that at most MAX_KEPT are kept. */
export function keptSpacing(trailerSeconds: number): number {
  return Math.max(MIN_SPACING_SECONDS, trailerSeconds / MAX_KEPT);
}

/**
 * Tells the frames that were selected from the successors that came with them.
 * @param pictures in the order of time, selected with `everySeconds: keptSpacing(…)`
 * @param measuresAt measures of the frame at a time
 */
export function keptFrames(
  pictures: readonly SmallPicture[],
  measuresAt: (seconds: number) => FrameMeasures | undefined,
): KeptFrame[] {
  const kept: KeptFrame[] = [];
  pictures.forEach(({ seconds, data }, index) => {
    const last = kept.at(-1);
    // Frames are further apart than a gap, successors are nearer.
    const isSuccessor =
      last &&
      pictures[index - 1]?.seconds === last.measures.seconds &&
      seconds - last.measures.seconds <= GAP_SECONDS;
    if (isSuccessor) last.successor = { seconds, data };
    else {
      const measures = measuresAt(seconds);
      if (measures) kept.push({ measures, data, successor: null });
    }
  });
  return kept;
}

/** Frames a content shot gives to the cinematic measures. */
const FRAMES_PER_SHOT = 4;
/** RGB24 of 160×90 takes 43 kB: 600 frames are 26 MB. */
const MAX_SEQUENCE_FRAMES = 600;

/** Frames for the cinematic measures, at half the decoded size. */
export function frameSequence(
  kept: readonly KeptFrame[],
  shots: readonly Shot[],
  size: PictureSize,
): FrameSequence | null {
  const content = shots.filter((shot) => shot.kind === 'CONTENT');
  // Each chosen frame may bring its successor.
  const perShot = Math.max(
    1,
    Math.min(FRAMES_PER_SHOT, Math.floor(MAX_SEQUENCE_FRAMES / 2 / Math.max(1, content.length))),
  );
  const frames: FrameInfo[] = [];
  const pictures: Uint8Array[] = [];
  for (const shot of content) {
    const inside = kept.filter(
      ({ measures: { seconds } }) => seconds >= shot.startSeconds && seconds < shot.endSeconds,
    );
    for (const frame of spread(inside, perShot)) {
      frames.push({ timeSeconds: frame.measures.seconds, shotIndex: shot.index, successorOf: -1 });
      pictures.push(frame.data);
      const next = frame.successor;
      if (next && next.seconds < shot.endSeconds) {
        frames.push({ timeSeconds: next.seconds, shotIndex: shot.index, successorOf: frames.length - 1 });
        pictures.push(next.data);
      }
      if (frames.length >= MAX_SEQUENCE_FRAMES) break;
    }
  }
  if (frames.length === 0) return null;
  const [width, height] = [size.width / 2, size.height / 2];
  const data = new Uint8Array(frames.length * width * height * 3);
  pictures.forEach((picture, index) => {
    toHalfRgb(picture, size, data, index * width * height * 3);
  });
  return { width, height, frames, data };
}

/** `count` elements, evenly spread over the list. */
function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / count)] as T);
}

/** BT.601, full range (JFIF): R = Y + 1.402 V, G = Y − 0.344136 U − 0.714136 V, B = Y + 1.772 U. */
function toHalfRgb(yuv: Uint8Array, { width, height }: PictureSize, rgb: Uint8Array, offset: number): void {
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  const uPlane = width * height;
  const vPlane = uPlane + halfWidth * halfHeight;
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++) {
      const top = 2 * y * width + 2 * x;
      const bottom = top + width;
      const luma =
        ((yuv[top] as number) +
          (yuv[top + 1] as number) +
          (yuv[bottom] as number) +
          (yuv[bottom + 1] as number)) /
        4;
      const u = (yuv[uPlane + y * halfWidth + x] as number) - 128;
      const v = (yuv[vPlane + y * halfWidth + x] as number) - 128;
      const at = offset + (y * halfWidth + x) * 3;
      rgb[at] = level(luma + 1.402 * v);
      rgb[at + 1] = level(luma - 0.344136 * u - 0.714136 * v);
      rgb[at + 2] = level(luma + 1.772 * u);
    }
  }
}

function level(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}
