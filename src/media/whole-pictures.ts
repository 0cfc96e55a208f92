import type { Pictures } from './pictures.js';
import type { Transition } from './transition.js';

/**
 * Leaves out the pictures that a decoder made of frames which it never saw: those of a late window before its first
 * cut, and all of them where it has none. They are good for finding the cut and for nothing else.
 */
export function wholePictures(
  { frames, kept, late }: Pick<Pictures, 'frames' | 'kept' | 'late'>,
  transitions: readonly Transition[],
): Pick<Pictures, 'frames' | 'kept'> {
  const stale = late.map(({ from, to }) => ({
    from,
    to:
      transitions.find(({ kind, seconds }) => kind === 'CUT' && seconds >= from && seconds < to)?.seconds ??
      to,
  }));
  const isWhole = ({ seconds }: { seconds: number }) =>
    !stale.some(({ from, to }) => seconds >= from - EPSILON && seconds < to - EPSILON);
  return { frames: frames.filter(isWhole), kept: kept.filter(({ measures }) => isWhole(measures)) };
}

/** Times come through floating point more than once. */
const EPSILON = 1e-6;
