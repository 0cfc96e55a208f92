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
