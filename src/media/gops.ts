import { type PacketList, trailerSeconds } from './packets.js';

/** A stretch that one key frame opens, up to the next one. Times in seconds of the trailer. */
export interface Gop {
  startSeconds: number;
  endSeconds: number;
  /** Packets after the key frame, in decoding order. */
  packets: SizedPacket[];
  keyBytes: number;
}

export interface SizedPacket {
  seconds: number;
  bytes: number;
}

/** The stream's groups of pictures, in the order of time, as the container tells key frames. */
export function gopsOf(packets: PacketList): Gop[] {
  const gops: Gop[] = [];
  for (let i = 0; i < packets.pts.length; i++) {
    const seconds = trailerSeconds(packets, packets.pts[i] as number);
    const bytes = packets.bytes[i] as number;
    if (packets.isKey[i] === 1)
      gops.push({ startSeconds: seconds, endSeconds: 0, packets: [], keyBytes: bytes });
    else gops.at(-1)?.packets.push({ seconds, bytes });
  }
  gops.forEach((gop, index) => {
    gop.endSeconds = gops[index + 1]?.startSeconds ?? trailerSeconds(packets, packets.endPts);
  });
  return gops;
}

/** Packets of the longest group. */
export function longestOf(gops: readonly Gop[]): number {
  return Math.max(...gops.map((gop) => gop.packets.length));
}

/** An encoder that puts a key frame in this much before it must has a reason: a cut. */
const EARLY_SHARE = 0.9;

/** The next key frame comes before it must. */
export function isEarly(gop: Gop, longest: number): boolean {
  return gop.packets.length < EARLY_SHARE * longest;
}

/** Two shots may be of one length by chance; an encoder that must put a key frame in does so again and again. */
const FORCED_MIN_GROUPS = 3;

/** Packets of the groups that end because the encoder's interval is over; infinite where none is known to. */
export function forcedLengthOf(gops: readonly Gop[]): number {
  const longest = longestOf(gops);
  const forced = gops.filter((gop) => gop.packets.length === longest);
  return forced.length >= FORCED_MIN_GROUPS ? longest : Number.POSITIVE_INFINITY;
}

/** Where an encoder puts key frames on cuts, a cut that has none is rare, and so are spikes that are none. */
export function marksCuts(gops: readonly Gop[]): boolean {
  const longest = longestOf(gops);
  return gops.filter((gop) => isEarly(gop, longest)).length >= gops.length / 2;
}

/** Too short for a shot to drift into another picture by itself. */
const SHORT_SECONDS = 2.5;

export function isShort({ startSeconds, endSeconds }: Gop): boolean {
  return endSeconds - startSeconds <= SHORT_SECONDS;
}

/** Packets before a key frame that say what a frame costs there. */
const RATIO_PACKETS = 8;

/** What the next key frame costs beside the frames before it. */
export function keyRatio(gop: Gop, next: Gop): number {
  const before = [gop.keyBytes, ...gop.packets.map(({ bytes }) => bytes)].slice(-RATIO_PACKETS);
  const sum = before.reduce((total, bytes) => total + bytes, 0);
  return (next.keyBytes * before.length) / Math.max(1, sum);
}
