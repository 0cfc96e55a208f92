import { changeScore } from './change.js';
import type { MediaFacts, VideoFacts } from './facts.js';
import { isBlack } from './fades.js';
import type { FrameMeasures } from './frame-measures.js';
import type { Gop } from './gops.js';
import type { PacketList } from './packets.js';
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

/** What is to be decoded behind the key frames, and what is known without it. */
export interface WindowPlan {
  /** In the order of time, without overlap. */
  windows: Window[];
  /** Key frames that begin a shot by a cut, proven by sizes and pictures alone. Seconds of the trailer. */
  cutsAtKeys: number[];
  /** Share of all frames that the windows hold. */
  share: number;
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
export function isSmallFilm(packets: PacketList, { width, height }: VideoFacts): boolean {
  return packets.pts.length * width * height < MIN_PIXELS;
}

/** Whether key frames alone are worth a first look. */
export function hasUsefulKeyFrames(packets: PacketList, video: VideoFacts): boolean {
  if (isSmallFilm(packets, video)) return false;
  const { codec } = video;
  const keys = packets.isKey.reduce((sum, key) => sum + key, 0);
  return SKIPPING_CODECS.has(codec) && keys > 1 && keys <= MAX_KEY_SHARE * packets.pts.length;
}

/**
 * Whether a decoder that begins at any packet shows what that packet brings anew. ffmpeg's for H.264 does: in place
 * of pictures that it never saw it takes the last one that it did. Of the containers, MP4 is entered at any packet.
 */
export function canEnterLate({ format, video }: Pick<MediaFacts, 'format' | 'video'>): boolean {
  return video?.codec === 'h264' && format.split(',').includes('mp4');
}

/** The frames that a full look asks for: those that no other frame needs are left out where that is reliable. */
export function fullFrames(codec: string): 'ALL' | 'REFERENCE' {
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
 * Decides from key frames and packet sizes where pictures must be looked at. Encoders put key frames on cuts, and
 * a cut anywhere else costs a packet about the size of a key frame; a stretch whose two key frames look alike and
 * whose packets are even holds no cut.
 *
 * @param gops in the order of time
 * @param keys measures of the gops' key frames, same order
 * @param entersLate see `canEnterLate`
 */
export function planWindows(
  gops: readonly Gop[],
  keys: readonly (FrameMeasures | undefined)[],
  entersLate: boolean,
): WindowPlan {
  const longest = Math.max(...gops.map((gop) => gop.packets.length));
  const windows: Window[] = [];
  const cutsAtKeys: number[] = [];
  let lastSample = Number.NEGATIVE_INFINITY;
  gops.forEach((gop, index) => {
    const verdict = judge(gop, {
      next: gops[index + 1],
      key: keys[index],
      nextKey: keys[index + 1],
      longest,
      entersLate,
    });
    if (verdict.cutAtEnd) cutsAtKeys.push(gop.endSeconds);
    const beginsShot = cutsAtKeys.includes(gop.startSeconds);
    const wantsSample = index === 0 || beginsShot || gop.startSeconds - lastSample >= SAMPLE_SPACING_SECONDS;
    if (wantsSample) lastSample = gop.startSeconds;
    const keySeconds = gop.startSeconds;
    const until = Math.max(verdict.lookUntil ?? keySeconds, wantsSample ? keySeconds + SAMPLE_SECONDS : 0);
    if (until > keySeconds) {
      const to = Math.min(until, gop.endSeconds + SAMPLE_SECONDS);
      addWindow(windows, { from: keySeconds, to, keySeconds });
    }
    for (const seconds of verdict.lateLooks) {
      const to = Math.min(seconds + AFTER_UNEVENNESS_SECONDS, gop.endSeconds);
      addWindow(windows, { from: seconds - LATE_ENTRY_SECONDS, to, keySeconds });
    }
  });
  return { windows, cutsAtKeys, share: shareOf(gops, windows) };
}

interface Verdict {
  /** Decode from the key frame up to here; null: no need. */
  lookUntil: number | null;
  /** Decode around these as well. */
  lateLooks: number[];
  /** The next key frame begins a shot. */
  cutAtEnd: boolean;
}

function judge(
  gop: Gop,
  context: {
    next: Gop | undefined;
    key: FrameMeasures | undefined;
    nextKey: FrameMeasures | undefined;
    longest: number;
    entersLate: boolean;
  },
): Verdict {
  const { next, key, nextKey, longest } = context;
  const looks = looksAt(gop, context.entersLate);
  const uncut: Verdict = { ...looks, cutAtEnd: false };
  if (!next || !key || !nextKey) return uncut;
  // Beyond the end by a sample, so that the step into the next key frame is seen too.
  const everything: Verdict = {
    lookUntil: gop.endSeconds + SAMPLE_SECONDS,
    lateLooks: [],
    cutAtEnd: false,
  };
  // Black costs nothing and pictures do: where the one turns into the other, the sizes jump.
  if (isBlack(key) !== isBlack(nextKey)) {
    const uneven = unevennessOf(gop).at(-1);
    return uneven ? { ...everything, lookUntil: uneven.seconds + FADE_SECONDS } : everything;
  }
  const change = changeScore(key, nextKey);
  const isEarly = gop.packets.length < EARLY_SHARE * longest;
  if (change <= SAME_MAX_CHANGE) return uncut;
  if (isEarly) {
    const isCut =
      keyRatio(gop, next) >= (change >= OTHER_MIN_CHANGE ? CUT_MIN_KEY_RATIO : CALM_MIN_KEY_RATIO);
    return isCut ? { ...looks, cutAtEnd: true } : everything;
  }
  // Pictures drift apart over a long stretch; over a short one, a cut may hide on the key frame itself.
  const isShort = gop.endSeconds - gop.startSeconds <= SHORT_SECONDS;
  return isShort && change >= OTHER_MIN_CHANGE ? everything : uncut;
}

/**
 * Where sizes are uneven: from the key frame up to what is near it, and to shifts, which may be blends and need every
 * picture; around a spike that is far behind.
 */
function looksAt(gop: Gop, entersLate: boolean): Pick<Verdict, 'lookUntil' | 'lateLooks'> {
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

function shareOf(gops: readonly Gop[], windows: readonly Window[]): number {
  let inside = 0;
  let all = 0;
  for (const gop of gops) {
    for (const seconds of [gop.startSeconds, ...gop.packets.map((packet) => packet.seconds)]) {
      all++;
      if (windows.some(({ from, to }) => seconds >= from && seconds < to)) inside++;
    }
  }
  return all === 0 ? 0 : inside / all;
}
