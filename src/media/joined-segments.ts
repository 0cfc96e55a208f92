import { INPUT } from './child.js';
import { SAME_TIME_SECONDS } from './frame-clock.js';
import type { RawFrame } from './frame-reader.js';

/** A stretch of the file, in seconds of its own clock. */
export interface Segment {
  from: number;
  to: number;
}

/** A stretch that is decoded, one of the joined input. */
export interface DecodedSegment extends Segment {
  /**
   * There is no key frame at `from`: what is shown first is made of pictures that were never seen. Such a segment is
   * read alone, because a decoder that has seen another part of the film mixes up the order of the two.
   */
  isLate: boolean;
}

/**
 * ffmpeg's concat demuxer joins entries in one process with one decoder. Each is given a stretch of this many
 * seconds, so that a frame's time says which entry it came from. Longer than any trailer.
 */
export const ENTRY_SPACING_SECONDS = 100_000;

/** A time that passes through text stays at or behind the key frame it means: less than any frame's length. */
const SEEK_MARGIN_SECONDS = 0.0005;

/** Where ffmpeg is told to begin an entry, as it reads it. */
function inpoint({ from }: Segment): number {
  return Number((from + SEEK_MARGIN_SECONDS).toFixed(6));
}

/** What is added to a time of the file, so that it is the joined input's in entry number `index`. */
export function entryShift(entry: DecodedSegment, index: number): number {
  return index * ENTRY_SPACING_SECONDS - inpoint(entry);
}

/**
 * Every entry is opened anew, and ffmpeg would decode the file's first picture to learn its format: 25 ms of processor
 * time at 1080p. The decoder learns it from the first entry anyway.
 */
const PROBE_WITHOUT_DECODING = 'option codec_whitelist none';

/** @param leadSeconds see `PacketList.leadSeconds`: an entry ends where any stream's packet is behind it */
export function concatScript(entries: readonly DecodedSegment[], leadSeconds: number): string {
  const lines = entries.flatMap((entry) => [
    `file '${INPUT}'`,
    PROBE_WITHOUT_DECODING,
    ...(entry.isLate ? ['option seek2any 1'] : []),
    `inpoint ${inpoint(entry).toFixed(6)}`,
    `outpoint ${(entry.to + leadSeconds).toFixed(6)}`,
    `duration ${ENTRY_SPACING_SECONDS}`,
  ]);
  return `ffconcat version 1.0\n${lines.join('\n')}\n`;
}

/** Gives joined frames back their times in the file; what decoding needed beside the segments is left out. */
export async function* inFileTime(
  frames: AsyncGenerator<RawFrame>,
  entries: readonly DecodedSegment[],
): AsyncGenerator<RawFrame> {
  for await (const { seconds, data } of frames) {
    const index = Math.round(seconds / ENTRY_SPACING_SECONDS);
    const entry = entries[index];
    if (!entry) continue;
    const fileSeconds = seconds - entryShift(entry, index);
    const isInside = fileSeconds >= entry.from - SAME_TIME_SECONDS && fileSeconds < entry.to;
    if (isInside) yield { seconds: fileSeconds, data };
  }
}
