import { isBlack } from './fades.js';
import { type FrameMeasures, gridDistance } from './frame-measures.js';
import type { Transition } from './transition.js';

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

/**
 * Blends of two shots among frames without a gap.
 * @param cuts times of hard cuts, which no dissolve contains
 */
export function findDissolves(frames: readonly FrameMeasures[], cuts: readonly number[]): Transition[] {
  const found: { first: number; last: number; middle: number; residual: number }[] = [];
  const steps = frames.map((frame, i) => (i === 0 ? 0 : gridDistance(frames[i - 1] as FrameMeasures, frame)));
  for (const half of DISSOLVE_HALF_SECONDS) {
    for (let middle = 1; middle < frames.length - 1; middle++) {
      const time = (frames[middle] as FrameMeasures).seconds;
      const first = frameAt(frames, middle, time - half, -1);
      const last = frameAt(frames, middle, time + half, 1);
      if (
        first < 0 ||
        last < 0 ||
        cuts.some(
          (cut) =>
            cut > (frames[first] as FrameMeasures).seconds && cut <= (frames[last] as FrameMeasures).seconds,
        )
      )
        continue;
      const residual = blendResidual(frames, steps, { first, middle, last });
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

/**
 * How badly the middle is the mean of the ends, 0 to DISSOLVE_MAX_RESIDUAL; null where this is no dissolve.
 * @param steps distance of each frame from the one before
 */
function blendResidual(
  frames: readonly FrameMeasures[],
  steps: readonly number[],
  { first, middle, last }: { first: number; middle: number; last: number },
): number | null {
  const a = frames[first] as FrameMeasures;
  const b = frames[last] as FrameMeasures;
  const change = gridDistance(a, b);
  if (change < DISSOLVE_MIN_CHANGE || isBlack(a) || isBlack(b)) return null;
  for (let i = first + 1; i <= last; i++) {
    if ((steps[i] as number) > DISSOLVE_MAX_STEP * change) return null;
  }
  const residual = blendDistance(a, b, frames[middle] as FrameMeasures) / change;
  const isBlend = residual <= DISSOLVE_MAX_RESIDUAL;
  // Costs the most, so it is asked last.
  return isBlend && correlation(a.grid, b.grid) <= DISSOLVE_MAX_CORRELATION ? residual : null;
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
  const [meanA, meanB] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const da = (a[i] as number) - meanA;
    const db = (b[i] as number) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}
