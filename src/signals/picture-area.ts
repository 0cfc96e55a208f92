import type { FrameSequence } from '../media/decoded.js';

/** A rectangle of pixels; right and bottom are just outside. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const BAR_CODE = 24; // 8-bit code value; coded black with its noise stays below it
const SMALLEST_SHARE = 0.3; // of the height or width; less than that is a dark film, not a film with bars

/**
 * The part of the frames that is no black bar: rows and columns at the edges that are black in every frame are
 * left out, because bars would make every letterboxed film dark and full of contrast.
 */
export function activeArea(frames: FrameSequence): Area {
  const { width, height, data } = frames;
  const rows = new Uint8Array(height);
  const columns = new Uint8Array(width);
  for (let at = 0, pixel = 0; at < data.length; at += 3, pixel++) {
    if (data[at]! > BAR_CODE || data[at + 1]! > BAR_CODE || data[at + 2]! > BAR_CODE) {
      columns[pixel % width] = 1;
      rows[Math.floor(pixel / width) % height] = 1;
    }
  }
  const [top, bottom] = litRange(rows);
  const [left, right] = litRange(columns);
  return { left, top, right, bottom };
}

function litRange(lit: Uint8Array): [number, number] {
  const first = lit.indexOf(1);
  const end = lit.lastIndexOf(1) + 1;
  return first < 0 || end - first < SMALLEST_SHARE * lit.length ? [0, lit.length] : [first, end];
}
