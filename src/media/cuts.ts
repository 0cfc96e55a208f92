import { changeScore } from './change.js';
import type { FrameMeasures } from './frame-measures.js';

/**
 * Where decoding left something out: index of the frame behind the gap, and whether a cut is known to be there.
 */
export type Joints = ReadonlyMap<number, boolean>;

/** See changeScore for the scale. */
const CUT_MIN_SCORE = 0.22;
/** A cut stands out of its neighbourhood; motion has neighbours like itself. */
const CUT_MIN_RATIO = 3;
/** Frames to each side that are its neighbourhood. */
const NEIGHBOURS = 6;
/** A flash lasts a few frames; what follows looks like what was before. */
const FLASH_MAX_SECONDS = 0.25;
/** What a gap behind a single frame counts for in the length of a flash: about a frame. */
const JOINT_SECONDS = 0.05;
/** How alike the pictures around a flash are, as a share of the jump. */
const FLASH_MAX_CHANGE = 0.4;
/** Times of the frames that begin a shot by a hard cut. */
export function findCuts(frames: readonly FrameMeasures[], joints: Joints): number[] {
  const scores = frames.map((frame, i) => {
    const unseen = i === 0 || joints.get(i) === false;
    return unseen ? 0 : changeScore(frames[i - 1] as FrameMeasures, frame);
  });
  const clock = gaplessClock(frames, joints);
  const cuts: number[] = [];
  for (let i = 1; i < frames.length; i++) {
    if (isCut(scores, i, joints.get(i) === true) && !isFlash(frames, clock, i, scores[i] as number)) {
      cuts.push((frames[i] as FrameMeasures).seconds);
    }
  }
  return cuts;
}

function isCut(scores: readonly number[], i: number, isKnown: boolean): boolean {
  const score = scores[i] as number;
  return isKnown || (score >= CUT_MIN_SCORE && score >= CUT_MIN_RATIO * neighbourhood(scores, i));
}

/** Median score around step `i`: cuts among the neighbours do not raise it. */
function neighbourhood(scores: readonly number[], i: number): number {
  const around: number[] = [];
  for (let j = Math.max(1, i - NEIGHBOURS); j <= Math.min(scores.length - 1, i + NEIGHBOURS); j++) {
    if (j !== i) around.push(scores[j] as number);
  }
  around.sort((a, b) => a - b);
  return around[around.length >> 1] ?? 0;
}

/**
 * Times as if nothing had been left out behind a single frame, which may be a flash. What is seen for longer is taken to
 * go on in the gap.
 */
function gaplessClock(frames: readonly FrameMeasures[], joints: Joints): Float64Array {
  const clock = new Float64Array(frames.length);
  for (let i = 1; i < frames.length; i++) {
    const step = (frames[i] as FrameMeasures).seconds - (frames[i - 1] as FrameMeasures).seconds;
    const isBehindSingle = joints.has(i) && joints.has(i - 1);
    clock[i] = (clock[i - 1] as number) + (isBehindSingle ? Math.min(step, JOINT_SECONDS) : step);
  }
  return clock;
}

/** Whether the jump into frame `i` begins or ends a few frames of light between two pictures of the same thing. */
function isFlash(frames: readonly FrameMeasures[], clock: Float64Array, i: number, score: number): boolean {
  const limit = score * FLASH_MAX_CHANGE;
  const jump = frames[i] as FrameMeasures;
  const before = frames[i - 1] as FrameMeasures;
  for (
    let j = i + 1;
    j < frames.length && (clock[j] as number) - (clock[i] as number) <= FLASH_MAX_SECONDS;
    j++
  ) {
    if (changeScore(before, frames[j] as FrameMeasures) < limit) return true;
  }
  for (let j = i - 2; j >= 0 && (clock[i] as number) - (clock[j + 1] as number) <= FLASH_MAX_SECONDS; j--) {
    if (changeScore(frames[j] as FrameMeasures, jump) < limit) return true;
  }
  return false;
}
