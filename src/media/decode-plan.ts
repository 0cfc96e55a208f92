import { changeScore } from './change.js';
import type { VideoFacts } from './facts.js';
import { isBlack } from './fades.js';
import type { FrameMeasures } from './frame-measures.js';
import { type PacketList, trailerSeconds } from './packets.js';

/** A stretch that one key frame opens, up to the next one. Times in seconds of the trailer. */
export interface Gop {
  startSeconds: number;
  endSeconds: number;
  /** Packets after the key frame, in decoding order. */
  packets: SizedPacket[];
  keyBytes: number;
}

interface SizedPacket {
  seconds: number;
  bytes: number;
}

/** What is to be decoded behind the key frames, and what is known without it. */
export interface WindowPlan {
  /** In the order of time, without overlap. */
  segments: { from: number; to: number }[];
  /** Key frames that begin a shot by a cut, proven by sizes and pictures alone. Seconds of the trailer. */
  cutsAtKeys: number[];
  /** Share of all frames that the segments hold. */
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

/** The frames that a full look asks for: those that no other frame needs are left out where that is reliable. */
export function fullFrames(codec: string): 'ALL' | 'REFERENCE' {
  return SKIPPING_CODECS.has(codec) ? 'REFERENCE' : 'ALL';
}

/**
 * The stream's groups of pictures, in the order of time. Not every packet that a container calls a key frame
 * is one to the decoder: only those that it gave out open a group.
 * @param keySeconds times of the key frames that were decoded
 */
export function gopsOf(packets: PacketList, keySeconds: readonly number[]): Gop[] {
  const keys = new Set(keySeconds.map(tick));
  const gops: Gop[] = [];
  for (let i = 0; i < packets.pts.length; i++) {
    const seconds = trailerSeconds(packets, packets.pts[i] as number);
    const bytes = packets.bytes[i] as number;
    if (packets.isKey[i] === 1 && keys.has(tick(seconds)))
      gops.push({ startSeconds: seconds, endSeconds: 0, packets: [], keyBytes: bytes });
    else gops.at(-1)?.packets.push({ seconds, bytes });
  }
  gops.forEach((gop, index) => {
    gop.endSeconds = gops[index + 1]?.startSeconds ?? trailerSeconds(packets, packets.endPts);
  });
  return gops;
}

/** Milliseconds: times that went different ways through ffmpeg compare equal. */
function tick(seconds: number): number {
  return Math.round(seconds * 1000);
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
/** Seconds decoded behind the last place where sizes are uneven. */
const AFTER_UNEVENNESS_SECONDS = 0.27;
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
 */
export function planWindows(gops: readonly Gop[], keys: readonly (FrameMeasures | undefined)[]): WindowPlan {
  const longest = Math.max(...gops.map((gop) => gop.packets.length));
  const segments: { from: number; to: number }[] = [];
  const cutsAtKeys: number[] = [];
  let lastSample = Number.NEGATIVE_INFINITY;
  gops.forEach((gop, index) => {
    const verdict = judge(gop, {
      next: gops[index + 1],
      key: keys[index],
      nextKey: keys[index + 1],
      longest,
    });
    if (verdict.cutAtEnd) cutsAtKeys.push(gop.endSeconds);
    const beginsShot = cutsAtKeys.includes(gop.startSeconds);
    const wantsSample = index === 0 || beginsShot || gop.startSeconds - lastSample >= SAMPLE_SPACING_SECONDS;
    if (wantsSample) lastSample = gop.startSeconds;
    const until = Math.max(
      verdict.lookUntil ?? gop.startSeconds,
      wantsSample ? gop.startSeconds + SAMPLE_SECONDS : 0,
    );
    if (until > gop.startSeconds)
      addSegment(segments, gop.startSeconds, Math.min(until, gop.endSeconds + SAMPLE_SECONDS));
  });
  return { segments, cutsAtKeys, share: shareOf(gops, segments) };
}

interface Verdict {
  /** Decode from the key frame up to here; null: no need. */
  lookUntil: number | null;
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
  },
): Verdict {
  const { next, key, nextKey, longest } = context;
  const uneven = lastUnevenness(gop);
  const lookUntil = uneven === null ? null : uneven + AFTER_UNEVENNESS_SECONDS;
  if (!next || !key || !nextKey) return { lookUntil, cutAtEnd: false };
  // Beyond the end by a sample, so that the step into the next key frame is seen too.
  const everything: Verdict = { lookUntil: gop.endSeconds + SAMPLE_SECONDS, cutAtEnd: false };
  // Black costs nothing and pictures do: where the one turns into the other, the sizes jump.
  if (isBlack(key) !== isBlack(nextKey))
    return uneven === null ? everything : { lookUntil: uneven + FADE_SECONDS, cutAtEnd: false };
  const change = changeScore(key, nextKey);
  const isEarly = gop.packets.length < EARLY_SHARE * longest;
  if (change <= SAME_MAX_CHANGE) return { lookUntil, cutAtEnd: false };
  if (isEarly) {
    const isCut =
      keyRatio(gop, next) >= (change >= OTHER_MIN_CHANGE ? CUT_MIN_KEY_RATIO : CALM_MIN_KEY_RATIO);
    return isCut ? { lookUntil, cutAtEnd: true } : everything;
  }
  // Pictures drift apart over a long stretch; over a short one, a cut may hide on the key frame itself.
  const isShort = gop.endSeconds - gop.startSeconds <= SHORT_SECONDS;
  return isShort && change >= OTHER_MIN_CHANGE ? everything : { lookUntil, cutAtEnd: false };
}

/** What the next key frame costs beside the frames before it. */
function keyRatio(gop: Gop, next: Gop): number {
  const before = gop.packets.slice(-RATIO_PACKETS);
  const mean = before.reduce((sum, packet) => sum + packet.bytes, 0) / Math.max(1, before.length);
  return mean > 0 ? next.keyBytes / mean : Number.POSITIVE_INFINITY;
}

/** A packet that no calm stretch has: nearly a key frame's size… */
const SPIKE_MIN_KEY_SHARE = 0.3;
/** …and this many times what the largest of its neighbours takes. */
const SPIKE_MIN_RATIO = 1.7;
/** Packets on each side that are the neighbourhood. */
const NEIGHBOURS = 8;
/** Sizes before and after that differ this many times: a cut to something much simpler costs no spike. */
const SHIFT_MIN_RATIO = 3;

/** Time of the last packet in the stretch whose size could come from a cut, or null. */
function lastUnevenness(gop: Gop): number | null {
  const { packets } = gop;
  for (let i = packets.length - 1; i > 0; i--) {
    const { bytes, seconds } = packets[i] as SizedPacket;
    const before = packets.slice(Math.max(0, i - NEIGHBOURS), i);
    const after = packets.slice(i + 1, i + 1 + NEIGHBOURS);
    const isSpike = bytes >= SPIKE_MIN_KEY_SHARE * gop.keyBytes && bytes >= SPIKE_MIN_RATIO * largest(before);
    const isShift =
      before.length === NEIGHBOURS && after.length === NEIGHBOURS && shift(before, after) >= SHIFT_MIN_RATIO;
    if (isSpike || isShift) return seconds;
  }
  return null;
}

function largest(packets: readonly SizedPacket[]): number {
  return packets.reduce((most, packet) => Math.max(most, packet.bytes), 0);
}

function shift(before: readonly SizedPacket[], after: readonly SizedPacket[]): number {
  const sum = (packets: readonly SizedPacket[]) => packets.reduce((total, packet) => total + packet.bytes, 1);
  const ratio = sum(before) / sum(after);
  return Math.max(ratio, 1 / ratio);
}

/** Segments that touch become one, so that frames in it follow each other without a gap. */
function addSegment(segments: { from: number; to: number }[], from: number, to: number): void {
  const last = segments.at(-1);
  if (last && from <= last.to) last.to = Math.max(last.to, to);
  else segments.push({ from, to });
}

function shareOf(gops: readonly Gop[], segments: readonly { from: number; to: number }[]): number {
  let inside = 0;
  let all = 0;
  for (const gop of gops) {
    for (const seconds of [gop.startSeconds, ...gop.packets.map((packet) => packet.seconds)]) {
      all++;
      if (segments.some(({ from, to }) => seconds >= from && seconds < to)) inside++;
    }
  }
  return all === 0 ? 0 : inside / all;
}
