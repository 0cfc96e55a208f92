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
  const { width, height } = frames;
  const row = (y: number) => ({ first: y * width, step: 1, count: width });
  const column = (x: number) => ({ first: x, step: width, count: height });
  const [top, bottom] = litRange(frames, height, row);
  const [left, right] = litRange(frames, width, column);
  return { left, top, right, bottom };
}

/** Pixels of one row or column of a frame. */
interface Line {
  first: number;
  step: number;
  count: number;
}

/** From the first to behind the last of `count` lines that is lit in some frame. */
function litRange(frames: FrameSequence, count: number, line: (place: number) => Line): [number, number] {
  const pixels = frames.width * frames.height;
  let first = count;
  let end = 0;
  for (let frame = 0; frame < frames.frames.length; frame++) {
    const lit = (place: number) => isLit(frames.data, frame * pixels, line(place));
    for (let place = 0; place < first; place++) if (lit(place)) first = place;
    for (let place = count - 1; place >= end; place--) if (lit(place)) end = place + 1;
  }
  return end - first < SMALLEST_SHARE * count ? [0, count] : [first, end];
}

function isLit(data: Uint8Array, origin: number, { first, step, count }: Line): boolean {
  for (let i = 0, at = 3 * (origin + first); i < count; i++, at += 3 * step) {
    if (data[at]! > BAR_CODE || data[at + 1]! > BAR_CODE || data[at + 2]! > BAR_CODE) return true;
  }
  return false;
}
