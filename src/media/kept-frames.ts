import type { FrameInfo, FrameSequence, Shot } from './decoded.js';
import type { FrameMeasures } from './frame-measures.js';
import type { PictureSize } from './picture-size.js';
import { GAP_SECONDS } from './reading.js';
import { toHalfRgb } from './rgb.js';

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
  const bytes = width * height * 3;
  pictures.forEach((picture, index) => {
    toHalfRgb(picture, size, data.subarray(index * bytes, (index + 1) * bytes));
  });
  return { width, height, frames, data };
}

/** `count` elements, evenly spread over the list. */
function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / count)] as T);
}
