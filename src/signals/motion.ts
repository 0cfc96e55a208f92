import { lumaOf } from './colour.js';
import type { Area } from './picture-area.js';

/** Luma 0 … 1 of a picture, row after row. */
export interface LumaPlane {
  width: number;
  height: number;
  luma: Float32Array;
}

/** The luma of an RGB24 frame inside `area`, averaged over cells of `cell` × `cell` pixels. */
export function lumaPlane(rgb: Uint8Array, frameWidth: number, area: Area, cell: number): LumaPlane {
  const width = Math.floor((area.right - area.left) / cell);
  const height = Math.floor((area.bottom - area.top) / cell);
  const luma = new Float32Array(width * height);
  const share = 1 / (cell * cell);
  for (let y = 0; y < height * cell; y++) {
    let at = ((area.top + y) * frameWidth + area.left) * 3;
    let to = Math.floor(y / cell) * width;
    for (let x = 0; x < width; x++, to++) {
      let sum = 0;
      for (let i = 0; i < cell; i++, at += 3) sum += lumaOf(rgb[at]!, rgb[at + 1]!, rgb[at + 2]!);
      luma[to]! += share * sum;
    }
  }
  return { width, height, luma };
}

/** Root mean square of the luma gradient (central differences), in luma a pixel. */
export function gradientEnergy({ width, height, luma }: LumaPlane): number {
  let sum = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const dx = (luma[at + 1]! - luma[at - 1]!) / 2;
      const dy = (luma[at + width]! - luma[at - width]!) / 2;
      sum += dx * dx + dy * dy;
      count++;
    }
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

/** Mean absolute difference of luma, 0 … 1. */
export function lumaChange(from: LumaPlane, to: LumaPlane): number {
  let sum = 0;
  for (let i = 0; i < from.luma.length; i++) sum += Math.abs(to.luma[i]! - from.luma[i]!);
  return from.luma.length === 0 ? 0 : sum / from.luma.length;
}

const BLOCK = 8; // pixels a side
const REACH = 5; // pixels searched each way
// A block whose weaker gradient direction has less energy than this cannot be told from its shifted self.
const LEAST_TEXTURE = 0.02; // Σ luma² over the 64 pixels of a block

/**
 * Mean displacement in pixels of the blocks that have texture, or null where none has: full search over ±REACH
 * for the least squared difference, then one step of Lucas & Kanade 1981 for the fraction of a pixel.
 */
export function blockDisplacement(from: LumaPlane, to: LumaPlane): number | null {
  let sum = 0;
  let blocks = 0;
  for (let y = 1; y + BLOCK < from.height; y += BLOCK) {
    for (let x = 1; x + BLOCK < from.width; x += BLOCK) {
      const texture = textureOf(from, x, y);
      if (!texture) continue;
      const [dx, dy] = bestShift(from, to, x, y);
      const [fx, fy] = fraction(from, to, x, y, dx, dy, texture);
      sum += Math.hypot(dx + fx, dy + fy);
      blocks++;
    }
  }
  return blocks === 0 ? null : sum / blocks;
}

/** Structure tensor of a block (Σdx², Σdxdy, Σdy²), or null where it pins no displacement down. */
function textureOf({ width, luma }: LumaPlane, left: number, top: number): [number, number, number] | null {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let y = top; y < top + BLOCK; y++) {
    for (let x = left; x < left + BLOCK; x++) {
      const at = y * width + x;
      const dx = (luma[at + 1]! - luma[at - 1]!) / 2;
      const dy = (luma[at + width]! - luma[at - width]!) / 2;
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
    }
  }
  const weaker = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy);
  return weaker < LEAST_TEXTURE ? null : [xx, xy, yy];
}

/** Shifts by rising length, so that of equal matches the shortest wins and bad ones end early. */
const SHIFTS: readonly (readonly [number, number])[] = Array.from(
  { length: (2 * REACH + 1) ** 2 },
  (_, i) => {
    const side = 2 * REACH + 1;
    return [(i % side) - REACH, Math.floor(i / side) - REACH] as const;
  },
).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

function bestShift(from: LumaPlane, to: LumaPlane, left: number, top: number): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  for (const shift of SHIFTS) {
    const [dx, dy] = shift;
    if (left + dx < 1 || top + dy < 1) continue;
    if (left + dx + BLOCK >= to.width || top + dy + BLOCK >= to.height) continue;
    const difference = squaredDifference(from, to, left, top, dx, dy, least);
    if (difference < least) {
      least = difference;
      best = shift;
    }
  }
  return best;
}

function squaredDifference(
  from: LumaPlane,
  to: LumaPlane,
  left: number,
  top: number,
  dx: number,
  dy: number,
  giveUpAt: number,
): number {
  const { width } = from;
  let sum = 0;
  for (let y = top; y < top + BLOCK && sum < giveUpAt; y++) {
    const here = y * width;
    const there = here + dy * width + dx;
    for (let x = left; x < left + BLOCK; x++) {
      const difference = to.luma[there + x]! - from.luma[here + x]!;
      sum += difference * difference;
    }
  }
  return sum;
}

/** The rest of the displacement below a pixel, at most one pixel each way. */
function fraction(
  from: LumaPlane,
  to: LumaPlane,
  left: number,
  top: number,
  dx: number,
  dy: number,
  [xx, xy, yy]: [number, number, number],
): [number, number] {
  const { width, luma } = from;
  let tx = 0;
  let ty = 0;
  for (let y = top; y < top + BLOCK; y++) {
    for (let x = left; x < left + BLOCK; x++) {
      const at = y * width + x;
      const change = to.luma[at + dy * width + dx]! - luma[at]!;
      tx += (change * (luma[at + 1]! - luma[at - 1]!)) / 2;
      ty += (change * (luma[at + width]! - luma[at - width]!)) / 2;
    }
  }
  const determinant = xx * yy - xy * xy;
  const limit = (value: number) => Math.max(-1, Math.min(1, value));
  return [limit((xy * ty - yy * tx) / determinant), limit((xy * tx - xx * ty) / determinant)];
}
