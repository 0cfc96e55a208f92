import { findCuts, type Joints } from './cuts.js';
import { findDissolves } from './dissolves.js';
import { findFades } from './fades.js';
import type { FrameMeasures } from './frame-measures.js';
import type { Transition } from './transition.js';

/** How far before or behind the black itself a fade shows. */
const FADE_REACH_SECONDS = 1;
/** Shorter than an eye can use: two jumps this close are one transition. */
const MIN_SHOT_SECONDS = 0.12;

/**
 * Cuts, dissolves and fades.
 *
 * A cut is a step that stands out of its neighbourhood (an adaptive threshold, as content-aware scene detection
 * has it) and does not return to what it left. A dissolve is a stretch whose middle is the mean of its ends. A fade
 * passes through black. Nothing is looked for across a joint.
 *
 * @param frames in the order of time
 */
export function findTransitions(frames: readonly FrameMeasures[], joints: Joints = new Map()): Transition[] {
  const cuts = findCuts(frames, joints);
  const gradual = runsBetween(frames, joints).flatMap((run) => {
    const fades = findFades(run);
    // On its way to black, a picture blends with black as in a dissolve.
    const isFading = ({ seconds }: Transition) =>
      fades.some((fade) => Math.abs(fade.seconds - seconds) < FADE_REACH_SECONDS);
    return [...fades, ...findDissolves(run, cuts).filter((dissolve) => !isFading(dissolve))];
  });
  const all: Transition[] = [...cuts.map((seconds) => ({ kind: 'CUT' as const, seconds })), ...gradual];
  return withoutCrowding(all.toSorted((a, b) => a.seconds - b.seconds));
}

function runsBetween(frames: readonly FrameMeasures[], joints: Joints): (readonly FrameMeasures[])[] {
  const starts = [0, ...joints.keys()].toSorted((a, b) => a - b);
  return starts.map((start, i) => frames.slice(start, starts[i + 1] ?? frames.length));
}

/** Of transitions closer than a shot can be, the first stays. */
function withoutCrowding(transitions: readonly Transition[]): Transition[] {
  const kept: Transition[] = [];
  for (const transition of transitions) {
    const previous = kept.at(-1);
    if (!previous || transition.seconds - previous.seconds >= MIN_SHOT_SECONDS) kept.push(transition);
  }
  return kept;
}
