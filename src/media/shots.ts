import { changeScore } from './change.js';
import type { Shot, ShotKind } from './decoded.js';
import { isBlack } from './fades.js';
import type { FrameMeasures } from './frame-measures.js';
import type { Transition } from './transitions.js';

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
  if (backgroundShare(middle) < SIGN_MIN_BACKGROUND || middle.contrast < SIGN_MIN_CONTRAST) return 'CONTENT';
  if (isStill(frames)) return 'CARD';
  const leadIn = Math.min(LEAD_IN_SECONDS, stretch.trailerSeconds * LEAD_IN_SHARE);
  return stretch.startSeconds < leadIn ? 'LOGO' : 'CONTENT';
}

/** The middle half of a shot holds still; its ends may fade. */
function isStill(frames: readonly FrameMeasures[]): boolean {
  const inner = frames.slice(Math.floor(frames.length / 4), Math.ceil((frames.length * 3) / 4));
  const [first, last] = [inner[0], inner.at(-1)];
  return (
    inner.length > 1 &&
    first !== undefined &&
    last !== undefined &&
    changeScore(first, last) < CARD_MAX_CHANGE
  );
}

function backgroundShare(frame: FrameMeasures): number {
  const sorted = Float32Array.from(frame.grid).sort();
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while ((sorted[to] as number) - (sorted[from] as number) > 2 * BACKGROUND_TOLERANCE) from++;
    most = Math.max(most, to - from + 1);
  }
  return most / sorted.length;
}
