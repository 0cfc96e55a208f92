import type { MediaFacts, VideoFacts } from './facts.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import { type Gop, gopsOf, isEarly, isShort, keyRatio, longestOf, marksCuts } from './gops.js';
import type { PacketList } from './packets.js';
import { LATE_ENTRY_SECONDS } from './reading.js';
import { type Unevenness, unevennessOf } from './unevenness.js';
import { addWindow, isLate, shareOf, type Window } from './windows.js';

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
  if (hidesCuts(packets, gops)) return null;
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

/**
 * Whether neither key frames nor sizes say where shots end. Without pictures that are stored out of order, sizes are as
 * even as the encoder can make them; and between key frames at fixed places that are far apart, shots may come and go.
 */
function hidesCuts(packets: PacketList, gops: readonly Gop[]): boolean {
  const isOrdered = packets.pts.every((pts, i) => i === 0 || pts >= (packets.pts[i - 1] as number));
  return isOrdered && !marksCuts(gops) && gops.some((gop) => !isShort(gop));
}

/** The frames that are decoded: those that no other frame needs are left out where that is reliable. */
export function neededFrames(codec: string): 'ALL' | 'REFERENCE' {
  return SKIPPING_CODECS.has(codec) ? 'REFERENCE' : 'ALL';
}

/** Seconds decoded behind a key frame, so that motion is seen: the next frame that others need is within. */
const SAMPLE_SECONDS = 0.15;
/** One sample a stretch of this many seconds is enough. */
const SAMPLE_SPACING_SECONDS = 1.5;
/** Seconds decoded behind a place where sizes are uneven. */
const AFTER_UNEVENNESS_SECONDS = 0.27;
/** A spike that is further than this behind what is decoded anyway is entered late. */
const LATE_MIN_SECONDS = 1.5;
/** A window that ends nearer to the next key frame goes on to it, which costs less than entering the file there. */
const NEAR_SECONDS = 0.15;
/**
 * What an early key frame costs at least, as a multiple of the frames before it, where it is on a cut. In wild motion
 * every frame costs nearly as much, and the encoder may have been fooled.
 */
export const CUT_MIN_KEY_RATIO = 6;

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
    const isNearEnd = to + NEAR_SECONDS > gop.endSeconds;
    addWindow(windows, { from: keySeconds, to: isNearEnd ? allOf(gop) : to, keySeconds });
    for (const seconds of lateLooks) {
      const to = Math.min(seconds + AFTER_UNEVENNESS_SECONDS, gop.endSeconds);
      addWindow(windows, { from: seconds - LATE_ENTRY_SECONDS, to, keySeconds });
    }
  });
  return windows;
}

/** The group, and a sample behind it, so that the step into the next key frame is seen too. */
function allOf(gop: Gop): number {
  return gop.endSeconds + SAMPLE_SECONDS;
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
