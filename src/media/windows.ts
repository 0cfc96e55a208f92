import { SAME_TIME_SECONDS } from './frame-clock.js';
import { type PacketList, trailerSeconds } from './packets.js';

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

/** Windows that touch become one, so that frames in it follow each other without a gap. */
export function addWindow(windows: Window[], added: Window): void {
  const last = windows.at(-1);
  if (last && added.from <= last.to && isLate(added) === isLate(last)) last.to = Math.max(last.to, added.to);
  else windows.push(added);
}

/** Share of all frames that the windows hold. */
export function shareOf(packets: PacketList, windows: readonly Window[]): number {
  const inside = packets.pts.filter((pts) => {
    const seconds = trailerSeconds(packets, pts);
    return windows.some(({ from, to }) => seconds >= from - SAME_TIME_SECONDS && seconds < to);
  });
  return inside.length / packets.pts.length;
}
