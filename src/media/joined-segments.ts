import { INPUT } from './child.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import type { RawFrame } from './frame-reader.js';

/** A stretch of the file, in seconds of its own clock. */
export interface Segment {
  from: number;
  to: number;
}

/** A stretch that is decoded. */
export interface DecodedSegment extends Segment {
  /**
   * The key frame that decoding begins with: at `from`, or before it. In the second case all between the two is left
   * out, and what is shown first is made of pictures that were never seen.
   */
  keySeconds: number;
}

/** One stretch of the joined input. */
export interface Entry extends Segment {
  /** Begins at a packet that is no key frame. */
  isLate: boolean;
  /** Its pictures are wanted. */
  isShown: boolean;
}

/**
 * ffmpeg's concat demuxer joins entries in one process with one decoder. Each is given a stretch of this many
 * seconds, so that a frame's time says which entry it came from. Longer than any trailer.
 */
export const ENTRY_SPACING_SECONDS = 100_000;

/** A time that passes through text stays at or behind the key frame it means: less than any frame's length. */
const SEEK_MARGIN_SECONDS = 0.0005;

/**
 * What is to be read for the segments. A late one is preceded by its key frame: the decoder forgets what it had seen
 * elsewhere, or it would take pictures for ones of long ago and drop them.
 */
export function entriesOf(segments: readonly DecodedSegment[]): Entry[] {
  return segments.flatMap(({ from, to, keySeconds }): Entry[] => {
    const isLate = keySeconds < from;
    const shown = { from, to, isLate, isShown: true };
    return isLate ? [{ from: keySeconds, to: keySeconds, isLate: false, isShown: false }, shown] : [shown];
  });
}

/** Where ffmpeg is told to begin an entry, as it reads it. */
function inpoint({ from }: Segment): number {
  return Number((from + SEEK_MARGIN_SECONDS).toFixed(6));
}

/** What is added to a time of the file, so that it is the joined input's in entry number `index`. */
export function entryShift(entry: Entry, index: number): number {
  return index * ENTRY_SPACING_SECONDS - inpoint(entry);
}

/**
 * Every entry is opened anew, and ffmpeg would decode the file's first picture to learn its format: 25 ms of processor
 * time at 1080p. The decoder learns it from the first entry anyway.
 */
const PROBE_WITHOUT_DECODING = 'option codec_whitelist none';

/** @param leadSeconds see `PacketList.leadSeconds`: an entry ends where any stream's packet is behind it */
export function concatScript(entries: readonly Entry[], leadSeconds: number): string {
  const lines = entries.flatMap((entry) => [
    `file '${INPUT}'`,
    PROBE_WITHOUT_DECODING,
    ...(entry.isLate ? ['option seek2any 1'] : []),
    `inpoint ${inpoint(entry).toFixed(6)}`,
    `outpoint ${(entry.isShown ? entry.to + leadSeconds : inpoint(entry) + SEEK_MARGIN_SECONDS).toFixed(6)}`,
    `duration ${ENTRY_SPACING_SECONDS}`,
  ]);
  return `ffconcat version 1.0\n${lines.join('\n')}\n`;
}

/** Gives joined frames back their times in the file; what decoding needed beside the segments is left out. */
export async function* inFileTime(
  frames: AsyncGenerator<RawFrame>,
  entries: readonly Entry[],
): AsyncGenerator<RawFrame> {
  for await (const { seconds, data } of frames) {
    const index = Math.round(seconds / ENTRY_SPACING_SECONDS);
    const entry = entries[index];
    if (!entry?.isShown) continue;
    const fileSeconds = seconds - entryShift(entry, index);
    const isInside = fileSeconds >= entry.from - SAME_TIME_SECONDS && fileSeconds < entry.to;
    if (isInside) yield { seconds: fileSeconds, data };
  }
}
