import type { FrameMeasures } from './frame-measures.js';
import { type PacketList, trailerSeconds } from './packets.js';
import type { Transition } from './transition.js';

/**
 * Puts each cut on the exact frame. Between the two decoded frames that differ, some were left out because nothing
 * depends on them; of these and the later one, the first of the new shot is the one that cost the most bytes.
 * @param frames what was decoded, in the order of time
 */
export function placeCuts(
  transitions: readonly Transition[],
  frames: readonly FrameMeasures[],
  packets: PacketList,
): Transition[] {
  const before = new Map(
    frames.slice(1).map((frame, i) => [frame.seconds, (frames[i] as FrameMeasures).seconds]),
  );
  return transitions.map((transition) => {
    const from = before.get(transition.seconds);
    if (transition.kind !== 'CUT' || from === undefined || transition.seconds - from > MAX_STEP_SECONDS)
      return transition;
    return { ...transition, seconds: largestIn(packets, from, transition.seconds) };
  });
}

/** Frames further apart do not follow each other. */
const MAX_STEP_SECONDS = 0.25;
/** Half of the shortest frame that is expected, 1/120 s. */
const TOLERANCE_SECONDS = 0.004;

/** Time of the largest packet in (from, to]. */
function largestIn(packets: PacketList, from: number, to: number): number {
  let best = to;
  let most = -1;
  for (let i = 0; i < packets.pts.length; i++) {
    const seconds = trailerSeconds(packets, packets.pts[i] as number);
    if (seconds <= from + TOLERANCE_SECONDS || seconds > to + TOLERANCE_SECONDS) continue;
    if ((packets.bytes[i] as number) <= most) continue;
    most = packets.bytes[i] as number;
    best = seconds;
  }
  return best;
}
