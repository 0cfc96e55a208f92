import { changeScore } from './change.js';
import type { Shot, ShotKind } from './decoded.js';
import { isBlack } from './fades.js';
import { type FrameMeasures, LUMA_BINS } from './frame-measures.js';
import type { Transition } from './transition.js';

/**
 * Cuts a trailer into shots that tile it.
 * @param transitions in the order of time
 * @param frames what was decoded, in the order of time, in seconds of the trailer
 * @param endSeconds the trailer's end
 */
export function shotsBetween(
  transitions: readonly Transition[],
  frames: readonly FrameMeasures[],
  endSeconds: number,
): Shot[] {
  const inside = transitions.filter(({ seconds }) => seconds > 0 && seconds < endSeconds);
  const starts = [{ seconds: 0, kind: 'START' as const }, ...inside];
  const shots = starts.map((start, index): Shot => {
    const end = starts[index + 1]?.seconds ?? endSeconds;
    const within = frames.filter(
      (frame) => frame.seconds >= start.seconds - EPSILON && frame.seconds < end - EPSILON,
    );
    return {
      index,
      startSeconds: start.seconds,
      endSeconds: end,
      kind: kindOf(within, { startSeconds: start.seconds, endSeconds: end, trailerSeconds: endSeconds }),
      transition: start.kind,
      thumbnail: null,
    };
  });
  return shots;
}

/** Times come through floating point more than once. */
const EPSILON = 1e-6;

/** The lead-in, where logos and ratings stand: at most this long, and at most a fifth of the trailer. */
const LEAD_IN_SECONDS = 25;
const LEAD_IN_SHARE = 0.2;
/** Share of cells that have the background's luma, so that what stands on it is a sign and not a scene. */
const SIGN_MIN_BACKGROUND = 0.6;
/** Luma levels around the background's. */
const BACKGROUND_TOLERANCE = 10;
/** A sign is there: the picture is not flat altogether. */
const SIGN_MIN_CONTRAST = 12;
/** A card stands still: change from first to last frame, on changeScore's scale. */
const CARD_MAX_CHANGE = 0.06;
/** A title whose letters grow or change is a card if its ground stays flat around them for this share of its middle. */
const TITLE_MIN_FLAT = 0.75;
/** Luma levels around the ground's that are the ground itself, compression included; and those that are shades of it. */
const GROUND_LEVELS = 12;
const SHADE_LEVELS = 44;

interface Stretch {
  startSeconds: number;
  endSeconds: number;
  trailerSeconds: number;
}

/** What a shot is, judged by its frames; a shot without any counts as content. */
export function kindOf(frames: readonly FrameMeasures[], stretch: Stretch): ShotKind {
  const [first] = frames;
  if (!first) return 'CONTENT';
  if (frames.every(isBlack)) return 'BLACK';
  const middle = frames[frames.length >> 1] ?? first;
  if (!showsSign(middle)) return 'CONTENT';
  const inner = middleHalf(frames);
  if (isStill(inner)) return 'CARD';
  const leadIn = Math.min(LEAD_IN_SECONDS, stretch.trailerSeconds * LEAD_IN_SHARE);
  if (stretch.startSeconds < leadIn) return 'LOGO';
  return inner.filter((frame) => isEmpty(frame) || showsSign(frame)).length >= TITLE_MIN_FLAT * inner.length
    ? 'CARD'
    : 'CONTENT';
}

/** The ends of a shot may fade. */
function middleHalf(frames: readonly FrameMeasures[]): readonly FrameMeasures[] {
  return frames.slice(Math.floor(frames.length / 4), Math.ceil((frames.length * 3) / 4));
}

function isStill(inner: readonly FrameMeasures[]): boolean {
  const [first, last] = [inner[0], inner.at(-1)];
  return (
    inner.length > 1 &&
    first !== undefined &&
    last !== undefined &&
    changeScore(first, last) < CARD_MAX_CHANGE
  );
}

/** A flat ground with something drawn on it. */
function showsSign(frame: FrameMeasures): boolean {
  return (
    groundOf(frame).share >= SIGN_MIN_BACKGROUND && frame.contrast >= SIGN_MIN_CONTRAST && isDrawn(frame)
  );
}

/** The ground alone, before a sign comes or after it went. */
function isEmpty(frame: FrameMeasures): boolean {
  return groundOf(frame).share >= SIGN_MIN_BACKGROUND && frame.contrast < SIGN_MIN_CONTRAST;
}

/**
 * A sign has edges, a dark or misty scene has shades: fewer pixels are a little off the ground's luma than far off it.
 * In the cards of big buck bunny 0.1 to 0.5 times as many, in the dark scenes of three trailers 1.6 times and more.
 */
function isDrawn(frame: FrameMeasures): boolean {
  const { luma } = groundOf(frame);
  let shades = 0;
  let signs = 0;
  for (let bin = 0; bin < LUMA_BINS; bin++) {
    const distance = Math.abs(((bin + 0.5) * 256) / LUMA_BINS - luma);
    const share = frame.histogram[bin] as number;
    if (distance > SHADE_LEVELS) signs += share;
    else if (distance > GROUND_LEVELS) shades += share;
  }
  return shades < signs;
}

/** The luma that most cells have, give or take BACKGROUND_TOLERANCE, and the share of cells that have it. */
function groundOf(frame: FrameMeasures): { luma: number; share: number } {
  const sorted = Float32Array.from(frame.grid).sort();
  let most = 0;
  let luma = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while ((sorted[to] as number) - (sorted[from] as number) > 2 * BACKGROUND_TOLERANCE) from++;
    if (to - from + 1 <= most) continue;
    most = to - from + 1;
    luma = ((sorted[to] as number) + (sorted[from] as number)) / 2;
  }
  return { luma, share: most / sorted.length };
}
