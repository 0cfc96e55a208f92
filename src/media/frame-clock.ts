import { type PacketList, trailerSeconds } from './packets.js';

/** Times of one frame that took different ways through ffmpeg differ by less. */
export const SAME_TIME_SECONDS = 0.002;

/**
 * Turns times of the file's clock into the trailer's, each into its frame's own: on the way through segments,
 * containers that count in milliseconds move it by one.
 */
export function frameClock(packets: PacketList): (fileSeconds: number) => number {
  const zero = packets.firstPts * packets.timeBase;
  const shown = Float64Array.from(packets.pts, (pts) => trailerSeconds(packets, pts)).sort();
  return (fileSeconds) => nearest(shown, fileSeconds - zero);
}

function nearest(shown: Float64Array, seconds: number): number {
  let low = 0;
  let high = shown.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shown[middle] as number) < seconds - SAME_TIME_SECONDS) low = middle + 1;
    else high = middle;
  }
  const found = shown[low] ?? seconds;
  return Math.abs(found - seconds) <= SAME_TIME_SECONDS ? found : seconds;
}
