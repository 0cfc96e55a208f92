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
