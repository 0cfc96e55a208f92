import { colourDistance, type FrameMeasures, gridDistance, movedGridDistance } from './frame-measures.js';

/** Where one shot gives way to the next. */
export interface Transition {
  kind: 'CUT' | 'DISSOLVE' | 'FADE';
  /** The new shot's first frame; the middle of a dissolve. */
  seconds: number;
}

/**
 * A cut's change of colours plus change of places: unrelated pictures come to 0.4 … 1.5, the steps of a calm
 * shot to less than 0.05, of a wild one to 0.2.
 */
const CUT_MIN_SCORE = 0.22;
/** A cut stands out of its neighbourhood; motion has neighbours like itself. */
const CUT_MIN_RATIO = 3;
/** Frames to each side that are its neighbourhood. */
const NEIGHBOURS = 6;
/** 80 of 255 levels of moved luma weigh as much as colours with nothing in common. */
const GRID_SCALE = 80;
/** A flash lasts a few frames; what follows looks like what was before. */
const FLASH_MAX_SECONDS = 0.25;
/** How alike the pictures around a flash are, as a share of the jump. */
const FLASH_MAX_CHANGE = 0.4;
/** Shorter than an eye can use: two jumps this close are one transition. */
const MIN_SHOT_SECONDS = 0.12;

/** How different two frames are in colour and place; see CUT_MIN_SCORE for the scale. */
export function changeScore(a: FrameMeasures, b: FrameMeasures): number {
  return colourDistance(a, b) + movedGridDistance(a, b) / GRID_SCALE;
}

/**
 * Cuts, dissolves and fades among frames that follow each other without a gap.
 *
 * A cut is a step that stands out of its neighbourhood (adaptive threshold, as in content-aware scene detection)
 * and does not return to what it left. A dissolve is a stretch whose middle is the mean of its ends. A fade
 * passes through black.
 *
 * @param frames in the order of time
 */
export function findTransitions(frames: readonly FrameMeasures[]): Transition[] {
  const cuts = findCuts(frames);
  const gradual = [...findFades(frames), ...findDissolves(frames, cuts)];
  const all = [
    ...cuts.map((index) => ({ kind: 'CUT' as const, seconds: (frames[index] as FrameMeasures).seconds })),
    ...gradual,
  ];
  return withoutCrowding(all.toSorted((a, b) => a.seconds - b.seconds));
}

/** Indices of the frames that begin a shot by a hard cut. */
export function findCuts(frames: readonly FrameMeasures[]): number[] {
  const scores = frames.map((frame, i) => (i === 0 ? 0 : changeScore(frames[i - 1] as FrameMeasures, frame)));
  const cuts: number[] = [];
  for (let i = 1; i < frames.length; i++) {
    const score = scores[i] as number;
    if (score < CUT_MIN_SCORE || score < CUT_MIN_RATIO * neighbourhood(scores, i)) continue;
    if (isFlash(frames, i, score)) continue;
    cuts.push(i);
  }
  return cuts;
}

/** Median score around step `i`: cuts among the neighbours do not raise it. */
function neighbourhood(scores: readonly number[], i: number): number {
  const around: number[] = [];
  for (let j = Math.max(1, i - NEIGHBOURS); j <= Math.min(scores.length - 1, i + NEIGHBOURS); j++) {
    if (j !== i) around.push(scores[j] as number);
  }
  return median(around);
}

function median(values: number[]): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  return values[values.length >> 1] as number;
}

/** Whether the jump into frame `i` begins or ends a few frames of light between two pictures of the same thing. */
function isFlash(frames: readonly FrameMeasures[], i: number, score: number): boolean {
  const limit = score * FLASH_MAX_CHANGE;
  const jump = frames[i] as FrameMeasures;
  const before = frames[i - 1] as FrameMeasures;
  for (
    let j = i + 1;
    j < frames.length && (frames[j] as FrameMeasures).seconds - jump.seconds <= FLASH_MAX_SECONDS;
    j++
  ) {
    if (changeScore(before, frames[j] as FrameMeasures) < limit) return true;
  }
  for (
    let j = i - 2;
    j >= 0 && before.seconds - (frames[j] as FrameMeasures).seconds <= FLASH_MAX_SECONDS;
    j--
  ) {
    if (changeScore(frames[j] as FrameMeasures, jump) < limit) return true;
  }
  return false;
}

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

function findFades(frames: readonly FrameMeasures[]): Transition[] {
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

/** Half the length of the dissolves that are looked for. */
const DISSOLVE_HALF_SECONDS = [0.2, 0.35, 0.6, 0.9];
/** Luma levels by which a dissolve's ends differ at least. */
const DISSOLVE_MIN_CHANGE = 14;
/** How far the middle may be from the mean of the ends, as a share of the change. */
const DISSOLVE_MAX_RESIDUAL = 0.2;
/** One step carries at most this share of the change; a cut carries nearly all. */
const DISSOLVE_MAX_STEP = 0.3;
/** Ends that correlate more are one scene whose light changes. */
const DISSOLVE_MAX_CORRELATION = 0.8;

function findDissolves(frames: readonly FrameMeasures[], cuts: readonly number[]): Transition[] {
  const found: { first: number; last: number; middle: number; residual: number }[] = [];
  for (const half of DISSOLVE_HALF_SECONDS) {
    for (let middle = 1; middle < frames.length - 1; middle++) {
      const time = (frames[middle] as FrameMeasures).seconds;
      const first = frameAt(frames, middle, time - half, -1);
      const last = frameAt(frames, middle, time + half, 1);
      if (first < 0 || last < 0 || cuts.some((cut) => cut > first && cut <= last)) continue;
      const residual = blendResidual(frames, first, middle, last);
      if (residual !== null) found.push({ first, last, middle, residual });
    }
  }
  found.sort((a, b) => a.residual - b.residual);
  const kept: typeof found = [];
  for (const dissolve of found) {
    if (kept.every((other) => dissolve.last < other.first || dissolve.first > other.last))
      kept.push(dissolve);
  }
  return kept.map(({ middle }) => ({ kind: 'DISSOLVE', seconds: (frames[middle] as FrameMeasures).seconds }));
}

function frameAt(frames: readonly FrameMeasures[], from: number, seconds: number, step: 1 | -1): number {
  let i = from;
  while (frames[i] && ((frames[i] as FrameMeasures).seconds - seconds) * step < 0) i += step;
  return frames[i] ? i : -1;
}

/** How badly the middle is the mean of the ends, 0 to DISSOLVE_MAX_RESIDUAL; null where this is no dissolve. */
function blendResidual(
  frames: readonly FrameMeasures[],
  first: number,
  middle: number,
  last: number,
): number | null {
  const a = frames[first] as FrameMeasures;
  const b = frames[last] as FrameMeasures;
  const change = gridDistance(a, b);
  if (
    change < DISSOLVE_MIN_CHANGE ||
    isBlack(a) ||
    isBlack(b) ||
    correlation(a.grid, b.grid) > DISSOLVE_MAX_CORRELATION
  )
    return null;
  const residual = blendDistance(a, b, frames[middle] as FrameMeasures) / change;
  if (residual > DISSOLVE_MAX_RESIDUAL) return null;
  for (let i = first + 1; i <= last; i++) {
    if (gridDistance(frames[i - 1] as FrameMeasures, frames[i] as FrameMeasures) > DISSOLVE_MAX_STEP * change)
      return null;
  }
  return residual;
}

function blendDistance(a: FrameMeasures, b: FrameMeasures, middle: FrameMeasures): number {
  let distance = 0;
  for (let i = 0; i < middle.grid.length; i++) {
    distance += Math.abs((middle.grid[i] as number) - ((a.grid[i] as number) + (b.grid[i] as number)) / 2);
  }
  return distance / middle.grid.length;
}

/** Pearson correlation, 0 where one of the two is flat. */
function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [(a[i] as number) - meanA, (b[i] as number) - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
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
