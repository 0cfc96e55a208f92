import type { Gop, SizedPacket } from './gops.js';

/** A place in a stretch where the sizes of packets say that a shot may end. */
export interface Unevenness {
  seconds: number;
  /**
   * `SPIKE`: one packet that is nearly a key frame. `SHIFT`: packets before and after differ, and none near it stands
   * out. `ECHO`: they differ because of the spike near it.
   */
  kind: 'SPIKE' | 'SHIFT' | 'ECHO';
}

/** A packet that no calm stretch has: nearly a key frame's size… */
const SPIKE_MIN_KEY_SHARE = 0.3;
/** …and this many times what the largest of its neighbours takes. */
const SPIKE_MIN_RATIO = 1.7;
/** Packets on each side that are the neighbourhood. */
const NEIGHBOURS = 8;
/** Sizes before and after that differ this many times: a cut to something much simpler costs no spike. */
const SHIFT_MIN_RATIO = 3;

/** The packets of a stretch whose size could come from a cut, in decoding order. */
export function unevennessOf({ packets, keyBytes }: Gop): Unevenness[] {
  const spikes = packets.map((_, i) => isSpike(packets, i, keyBytes));
  return packets.flatMap(({ seconds }, i): Unevenness[] => {
    if (spikes[i]) return [{ seconds, kind: 'SPIKE' }];
    if (!isShift(packets, i)) return [];
    const isNearSpike = spikes.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1).includes(true);
    return [{ seconds, kind: isNearSpike ? 'ECHO' : 'SHIFT' }];
  });
}

function isSpike(packets: readonly SizedPacket[], i: number, keyBytes: number): boolean {
  const { bytes } = packets[i] as SizedPacket;
  return (
    i > 0 && bytes >= SPIKE_MIN_KEY_SHARE * keyBytes && bytes >= SPIKE_MIN_RATIO * largest(before(packets, i))
  );
}

function isShift(packets: readonly SizedPacket[], i: number): boolean {
  const [left, right] = [before(packets, i), packets.slice(i + 1, i + 1 + NEIGHBOURS)];
  if (left.length < NEIGHBOURS || right.length < NEIGHBOURS) return false;
  const ratio = sum(left) / sum(right);
  return Math.max(ratio, 1 / ratio) >= SHIFT_MIN_RATIO;
}

function before(packets: readonly SizedPacket[], i: number): SizedPacket[] {
  return packets.slice(Math.max(0, i - NEIGHBOURS), i);
}

function largest(packets: readonly SizedPacket[]): number {
  return packets.reduce((most, { bytes }) => Math.max(most, bytes), 0);
}

function sum(packets: readonly SizedPacket[]): number {
  return packets.reduce((total, { bytes }) => total + bytes, 1);
}
