import { changeScore } from './change.js';
import { CUT_MIN_KEY_RATIO } from './decode-plan.js';
import { isBlack } from './fades.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import type { FrameMeasures } from './frame-measures.js';
import { forcedLengthOf, type Gop, isEarly, isShort, keyRatio, longestOf, marksCuts } from './gops.js';
import { GAP_SECONDS } from './reading.js';
import { unevennessOf } from './unevenness.js';
import { addWindow, isLate, type Window } from './windows.js';

/** Below it, two frames show one shot; see changeScore. */
const SAME_MAX_CHANGE = 0.15;
/** Above it, two frames certainly show different pictures. */
const OTHER_MIN_CHANGE = 0.4;
/** What a moving camera changes in a second that nobody saw, and at most. */
const DRIFT_A_SECOND = 0.18;
const MOST_DRIFT = 0.6;
/** A picture that changes this much within MOVING_SECONDS is in wild motion… */
const WILD_MIN_CHANGE = 0.2;
const MOVING_SECONDS = 0.15;
/** At most so many frames are within it, at 120 a second. */
const MOVING_FRAMES = 18;
/** …which may lead to another picture without a cut, but not to one that differs more. An encoder takes it for a cut, too. */
const MOST_WILD_CHANGE = 1;
/** A fade from or to black goes on for at most this long behind the jump in sizes. */
const FADE_SECONDS = 1;

/** What was decoded by the plan. */
export interface SeenKeyFrames {
  /** Measures of the groups' key frames, same order. */
  keys: readonly FrameMeasures[];
  /** All frames, these among them, in the order of time. */
  frames: readonly FrameMeasures[];
  windows: readonly Window[];
}

/** What key frames say when they have been seen. */
export interface KeyFrameVerdict {
  /** Groups that must be decoded further than planned. In the order of time, without overlap. */
  windows: Window[];
  /** Key frames that begin a shot by a cut, proven by sizes and pictures. Seconds of the trailer. */
  cutsAtKeys: number[];
}

/**
 * Compares each key frame with the last frame that was seen before it: an early and dear one whose picture differs is a
 * cut; where the pictures differ and nothing that was seen explains it, the whole group must be looked at. Where they
 * look alike, and packets are even, there is no cut.
 */
export function judgeKeyFrames(gops: readonly Gop[], seen: SeenKeyFrames): KeyFrameVerdict {
  const { keys, frames } = seen;
  const about = { longest: longestOf(gops), forced: forcedLengthOf(gops), isMarked: marksCuts(gops) };
  const windows: Window[] = [];
  const cutsAtKeys: number[] = [];
  let upTo = 0;
  gops.forEach((gop, index) => {
    const [next, key, nextKey] = [gops[index + 1], keys[index], keys[index + 1]];
    if (!next || !key || !nextKey) return;
    while ((frames[upTo]?.seconds ?? Number.POSITIVE_INFINITY) < next.startSeconds - SAME_TIME_SECONDS)
      upTo++;
    const last = frames[upTo - 1] ?? key;
    const before = frames
      .slice(Math.max(0, upTo - MOVING_FRAMES), upTo)
      .find(({ seconds }) => last.seconds - seconds < MOVING_SECONDS);
    const isWild = before !== undefined && changeScore(before, last) >= WILD_MIN_CHANGE;
    const { lookUntil, isCut } = judge(gop, { next, key, last, nextKey, isWild, ...about });
    if (isCut) cutsAtKeys.push(next.startSeconds);
    if (lookUntil !== null) addUnseen(windows, { from: gop.startSeconds, to: lookUntil }, seen.windows);
  });
  return { windows, cutsAtKeys };
}

interface Verdict {
  /** Decode from the key frame up to here; null: no need. */
  lookUntil: number | null;
  /** The next key frame begins a shot. */
  isCut: boolean;
}

interface Neighbours {
  next: Gop;
  key: FrameMeasures;
  /** The last frame that was seen of the group. */
  last: FrameMeasures;
  nextKey: FrameMeasures;
  /** The picture was changing fast when it was last seen. */
  isWild: boolean;
  /** Of the whole film; see gops.ts. */
  longest: number;
  forced: number;
  isMarked: boolean;
}

const SETTLED: Verdict = { lookUntil: null, isCut: false };

function judge(gop: Gop, context: Neighbours): Verdict {
  const { next, key, last, nextKey, isWild, longest } = context;
  const allOf: Verdict = { lookUntil: gop.endSeconds, isCut: false };
  // Black costs nothing and pictures do: where the one turns into the other, the sizes jump.
  if (isBlack(key) !== isBlack(nextKey)) {
    const uneven = unevennessOf(gop).at(-1);
    return uneven ? { lookUntil: uneven.seconds + FADE_SECONDS, isCut: false } : allOf;
  }
  // What was seen up to the key frame speaks for itself.
  const unseenSeconds = nextKey.seconds - last.seconds;
  if (unseenSeconds <= GAP_SECONDS) return SETTLED;
  const change = changeScore(last, nextKey);
  if (change <= SAME_MAX_CHANGE) return SETTLED;
  const isDrift = change <= Math.min(MOST_DRIFT, DRIFT_A_SECOND * unseenSeconds);
  const isOther = change >= OTHER_MIN_CHANGE;
  if (!isEarly(gop, longest)) return isOther && !isDrift && !mayDrift(gop, context) ? allOf : SETTLED;
  if (!isOther) return isDrift ? SETTLED : allOf;
  if (isWild && change < MOST_WILD_CHANGE) return allOf;
  return keyRatio(gop, next) >= CUT_MIN_KEY_RATIO ? { lookUntil: null, isCut: true } : allOf;
}

/** Over a long stretch pictures drift apart by themselves; it holds no cut if the encoder would have marked it. */
function mayDrift(gop: Gop, { forced, isMarked }: Neighbours): boolean {
  return isMarked && gop.packets.length === forced && !isShort(gop);
}

/** Adds a stretch from a key frame unless it was seen whole. Windows that it touches are decoded again with it. */
function addUnseen(
  windows: Window[],
  { from, to }: Omit<Window, 'keySeconds'>,
  seen: readonly Window[],
): void {
  const touched = seen.filter((window) => window.from < to && window.to > from);
  const isWhole = (window: Window) => window.from <= from && window.to >= to && !isLate(window);
  if (touched.some(isWhole)) return;
  const first = Math.min(from, ...touched.map(({ keySeconds }) => keySeconds));
  addWindow(windows, {
    from: first,
    to: Math.max(to, ...touched.map((window) => window.to)),
    keySeconds: first,
  });
}
