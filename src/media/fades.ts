import type { FrameMeasures } from './frame-measures.js';
import type { Transition } from './transition.js';

/** Mean luma and spread below which a frame is black. */
const BLACK_MAX_LUMA = 14;
const BLACK_MAX_CONTRAST = 12;

export function isBlack(frame: FrameMeasures): boolean {
  return frame.meanLuma < BLACK_MAX_LUMA && frame.contrast < BLACK_MAX_CONTRAST;
}

/** A stretch of black at least this long is a shot of its own. */
const BLACK_MIN_SECONDS = 0.3;
/** A fade takes at least this long; a jump to black is a cut. */
const FADE_MIN_SECONDS = 0.15;

/** Passages through black among frames without a gap; a long stretch of black has a fade at either end. */
export function findFades(frames: readonly FrameMeasures[]): Transition[] {
  const fades: Transition[] = [];
  for (const { first, last } of blackRuns(frames)) {
    const start = (frames[first] as FrameMeasures).seconds;
    const end = (frames[last + 1] ?? (frames[last] as FrameMeasures)).seconds;
    const fadesOut = fadeLength(frames, first, -1) >= FADE_MIN_SECONDS;
    const fadesIn = fadeLength(frames, last, 1) >= FADE_MIN_SECONDS;
    if (end - start < BLACK_MIN_SECONDS) {
      if (first > 0 && last < frames.length - 1 && (fadesOut || fadesIn))
        fades.push({ kind: 'FADE', seconds: (start + end) / 2 });
      continue;
    }
    if (fadesOut && first > 0) fades.push({ kind: 'FADE', seconds: start });
    if (fadesIn && last < frames.length - 1) fades.push({ kind: 'FADE', seconds: end });
  }
  return fades;
}

function blackRuns(frames: readonly FrameMeasures[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  frames.forEach((frame, index) => {
    if (!isBlack(frame)) return;
    const run = runs.at(-1);
    if (run && run.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  });
  return runs;
}

/** Seconds over which the picture keeps brightening, going away from black frame `from`. */
function fadeLength(frames: readonly FrameMeasures[], from: number, step: 1 | -1): number {
  let i = from;
  while (
    frames[i + step] &&
    (frames[i + step] as FrameMeasures).meanLuma > (frames[i] as FrameMeasures).meanLuma + 0.2
  )
    i += step;
  return Math.abs((frames[i] as FrameMeasures).seconds - (frames[from] as FrameMeasures).seconds);
}
