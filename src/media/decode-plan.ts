import { changeScore } from './change.js';
import type { MediaFacts, VideoFacts } from './facts.js';
import { isBlack } from './fades.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import type { FrameMeasures } from './frame-measures.js';
import { type Gop, gopsOf } from './gops.js';
import { type PacketList, trailerSeconds } from './packets.js';
import { LATE_ENTRY_SECONDS } from './reading.js';
import { type Unevenness, unevennessOf } from './unevenness.js';

/** A stretch to be decoded, in seconds of the trailer. */
export interface Window {
  from: number;
  to: number;
  /** The key frame of the group; where it is not at `from`, the window is entered late. */
  keySeconds: number;
}

/** Whether its pictures are whole only behind a cut. */
export function isLate({ from, keySeconds }: Window): boolean {
  return keySeconds < from;
}

/**
 * Decoders that leave out what `-skip_frame` tells them to and keep the times of the rest. MPEG-2's mixes them up;
 * AV1's decodes everything and drops it.
 */
const SKIPPING_CODECS = new Set(['h264', 'hevc', 'vp8', 'vp9']);
/** With more key frames than this, reading them alone saves nothing. */
const MAX_KEY_SHARE = 0.25;

/** A film of fewer pixels, all frames together, is decoded in the time that another process takes to start. */
const MIN_PIXELS = 500_000_000;

/** Whether decoding all of it is cheaper than entering it here and there. */
function isSmallFilm(packets: PacketList, { width, height }: VideoFacts): boolean {
  return packets.pts.length * width * height < MIN_PIXELS;
}

/** Whether decoding can be entered at key frames, and all between them be left out. */
function hasUsefulKeyFrames(packets: PacketList, video: VideoFacts): boolean {
  const keys = packets.isKey.reduce((sum, key) => sum + key, 0);
  return SKIPPING_CODECS.has(video.codec) && keys > 1 && keys <= MAX_KEY_SHARE * packets.pts.length;
}

/** Beyond it, windows save too little to pay for entering the file again and again. */
const MAX_WINDOW_SHARE = 0.9;

/** What to decode of a film first; null where decoding everything is as cheap. */
export function firstWindows(
  packets: PacketList,
  facts: Pick<MediaFacts, 'format'> & { video: VideoFacts },
): Window[] | null {
  if (isSmallFilm(packets, facts.video) || !hasUsefulKeyFrames(packets, facts.video)) return null;
  const gops = gopsOf(packets);
  const entered = planWindows(gops, canEnterLate(facts) && marksCuts(gops));
  const windows = entered.filter(isLate).length > MAX_LATE ? planWindows(gops, false) : entered;
  return shareOf(packets, windows) <= MAX_WINDOW_SHARE ? windows : null;
}

/**
 * Whether a decoder that begins at any packet shows what that packet brings anew. ffmpeg's for H.264 does: in place
 * of pictures that it never saw it takes the last one that it did. Of the containers, MP4 is entered at any packet.
 */
export function canEnterLate({ format, video }: Pick<MediaFacts, 'format' | 'video'>): boolean {
  return video?.codec === 'h264' && format.split(',').includes('mp4');
}

/** Late windows are read by a process each: more of them than this cost more than they save. */
const MAX_LATE = 24;

/** Where an encoder puts key frames on cuts, a cut that has none is rare, and so are spikes that are none. */
function marksCuts(gops: readonly Gop[]): boolean {
  const longest = longestOf(gops);
  return gops.filter((gop) => isEarly(gop, longest)).length >= gops.length / 2;
}

/** The frames that are decoded: those that no other frame needs are left out where that is reliable. */
export function neededFrames(codec: string): 'ALL' | 'REFERENCE' {
  return SKIPPING_CODECS.has(codec) ? 'REFERENCE' : 'ALL';
}

/** Below it, two key frames show one shot; see changeScore. */
const SAME_MAX_CHANGE = 0.15;
/** Above it, two key frames certainly show different pictures. */
const OTHER_MIN_CHANGE = 0.4;
/** An encoder that puts a key frame in this much before it must has a reason: a cut. */
const EARLY_SHARE = 0.9;
/**
 * What an early key frame costs, as a multiple of the frames before it. In wild motion every frame costs nearly as
 * much, and the encoder may have been fooled…
 */
const CUT_MIN_KEY_RATIO = 1.8;
/** …in a calm shot it costs far more, and then even a picture that differs little is another shot. */
const CALM_MIN_KEY_RATIO = 8;
/** Packets before a key frame that say what a frame costs there. */
const RATIO_PACKETS = 8;
/** Seconds decoded behind a key frame, so that motion is seen: the next frame that others need is within. */
const SAMPLE_SECONDS = 0.15;
/** One sample a stretch of this many seconds is enough. */
const SAMPLE_SPACING_SECONDS = 1.5;
/** Seconds decoded behind a place where sizes are uneven. */
const AFTER_UNEVENNESS_SECONDS = 0.27;
/** A spike that is further than this behind what is decoded anyway is entered late. */
const LATE_MIN_SECONDS = 1.5;
/** A fade from or to black goes on for at most this long behind the jump in sizes. */
const FADE_SECONDS = 1;
/** Too short for a shot to drift into another picture by itself. */
const SHORT_SECONDS = 2.5;

/**
 * Decides from packet sizes alone what to decode: all key frames, and stretches of some groups behind them. Encoders
 * put key frames on cuts, and a cut anywhere else costs a packet about the size of a key frame.
 * @param gops in the order of time
 * @param entersLate see `canEnterLate`
 * @returns in the order of time, without overlap
 */
export function planWindows(gops: readonly Gop[], entersLate: boolean): Window[] {
  const longest = longestOf(gops);
  const windows: Window[] = [];
  let lastSample = Number.NEGATIVE_INFINITY;
  let mayBeginShot = true;
  gops.forEach((gop, index) => {
    const keySeconds = gop.startSeconds;
    const next = gops[index + 1];
    const { lookUntil, lateLooks } = isDoubtful(gop, next, longest)
      ? { lookUntil: allOf(gop), lateLooks: [] }
      : looksAt(gop, entersLate);
    const wantsSample = mayBeginShot || keySeconds - lastSample >= SAMPLE_SPACING_SECONDS;
    if (wantsSample) lastSample = keySeconds;
    mayBeginShot = isEarly(gop, longest);
    const to = Math.max(lookUntil ?? 0, keySeconds + (wantsSample ? SAMPLE_SECONDS : SAME_TIME_SECONDS));
    addWindow(windows, { from: keySeconds, to: Math.min(to, allOf(gop)), keySeconds });
    for (const seconds of lateLooks) {
      const to = Math.min(seconds + AFTER_UNEVENNESS_SECONDS, gop.endSeconds);
      addWindow(windows, { from: seconds - LATE_ENTRY_SECONDS, to, keySeconds });
    }
  });
  return windows;
}

/** What key frames say when they have been seen. */
export interface KeyFrameVerdict {
  /** Groups that must be decoded further than planned. In the order of time, without overlap. */
  windows: Window[];
  /** Key frames that begin a shot by a cut, proven by sizes and pictures. Seconds of the trailer. */
  cutsAtKeys: number[];
}

/**
 * Compares neighbouring key frames: an early one whose picture differs is a cut; a group between two whose pictures
 * do not say what happened must be looked at. A stretch whose two key frames look alike and whose packets are even
 * holds no cut.
 * @param keys measures of the gops' key frames, same order
 * @param seen what was decoded already
 */
export function judgeKeyFrames(
  gops: readonly Gop[],
  keys: readonly FrameMeasures[],
  seen: readonly Window[],
): KeyFrameVerdict {
  const longest = longestOf(gops);
  const windows: Window[] = [];
  const cutsAtKeys: number[] = [];
  gops.forEach((gop, index) => {
    const [next, key, nextKey] = [gops[index + 1], keys[index], keys[index + 1]];
    if (!next || !key || !nextKey) return;
    const { lookUntil, isCut } = judge(gop, { next, key, nextKey, longest });
    if (isCut) cutsAtKeys.push(next.startSeconds);
    if (lookUntil !== null) addUnseen(windows, { from: gop.startSeconds, to: lookUntil }, seen);
  });
  return { windows, cutsAtKeys };
}

interface Verdict {
  /** Decode from the key frame up to here; null: no need. */
  lookUntil: number | null;
  /** The next key frame begins a shot. */
  isCut: boolean;
}

function judge(
  gop: Gop,
  context: { next: Gop; key: FrameMeasures; nextKey: FrameMeasures; longest: number },
): Verdict {
  const { next, key, nextKey, longest } = context;
  // Black costs nothing and pictures do: where the one turns into the other, the sizes jump.
  if (isBlack(key) !== isBlack(nextKey)) {
    const uneven = unevennessOf(gop).at(-1);
    return { lookUntil: uneven ? uneven.seconds + FADE_SECONDS : allOf(gop), isCut: false };
  }
  const change = changeScore(key, nextKey);
  if (change <= SAME_MAX_CHANGE) return { lookUntil: null, isCut: false };
  const isOther = change >= OTHER_MIN_CHANGE;
  if (isEarly(gop, longest)) {
    const isCut = keyRatio(gop, next) >= (isOther ? CUT_MIN_KEY_RATIO : CALM_MIN_KEY_RATIO);
    return { lookUntil: isCut ? null : allOf(gop), isCut };
  }
  // Pictures drift apart over a long stretch; over a short one, a cut may hide on the key frame itself.
  const isShort = gop.endSeconds - gop.startSeconds <= SHORT_SECONDS;
  return { lookUntil: isShort && isOther ? allOf(gop) : null, isCut: false };
}

/** The group, and a sample behind it, so that the step into the next key frame is seen too. */
function allOf(gop: Gop): number {
  return gop.endSeconds + SAMPLE_SECONDS;
}

function longestOf(gops: readonly Gop[]): number {
  return Math.max(...gops.map((gop) => gop.packets.length));
}

/** The next key frame comes before it must. */
function isEarly(gop: Gop, longest: number): boolean {
  return gop.packets.length < EARLY_SHARE * longest;
}

/** The next key frame comes early and costs so little that no picture could prove it a cut. */
function isDoubtful(gop: Gop, next: Gop | undefined, longest: number): boolean {
  return next !== undefined && isEarly(gop, longest) && keyRatio(gop, next) < CUT_MIN_KEY_RATIO;
}

/**
 * Where sizes are uneven: from the key frame up to what is near it, and to shifts, which may be blends and need every
 * picture; around a spike that is far behind.
 */
function looksAt(gop: Gop, entersLate: boolean): { lookUntil: number | null; lateLooks: number[] } {
  const uneven = unevennessOf(gop);
  let lookUntil: number | null = null;
  for (const { seconds, kind } of uneven) {
    const isNear = seconds <= (lookUntil ?? gop.startSeconds) + LATE_MIN_SECONDS;
    if (isNear || kind === 'SHIFT' || !entersLate) lookUntil = seconds + AFTER_UNEVENNESS_SECONDS;
  }
  const seen = lookUntil ?? gop.startSeconds;
  const isLeft = ({ kind, seconds }: Unevenness) => kind === 'SPIKE' && seconds > seen;
  return { lookUntil, lateLooks: uneven.filter(isLeft).map(({ seconds }) => seconds) };
}

/** What the next key frame costs beside the frames before it. */
function keyRatio(gop: Gop, next: Gop): number {
  const before = gop.packets.slice(-RATIO_PACKETS);
  const mean = before.reduce((sum, packet) => sum + packet.bytes, 0) / Math.max(1, before.length);
  return mean > 0 ? next.keyBytes / mean : Number.POSITIVE_INFINITY;
}

/** Windows that touch become one, so that frames in it follow each other without a gap. */
function addWindow(windows: Window[], added: Window): void {
  const last = windows.at(-1);
  if (last && added.from <= last.to && isLate(added) === isLate(last)) last.to = Math.max(last.to, added.to);
  else windows.push(added);
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

/** Share of all frames that the windows hold. */
export function shareOf(packets: PacketList, windows: readonly Window[]): number {
  const inside = packets.pts.filter((pts) => {
    const seconds = trailerSeconds(packets, pts);
    return windows.some(({ from, to }) => seconds >= from - SAME_TIME_SECONDS && seconds < to);
  });
  return inside.length / packets.pts.length;
}
