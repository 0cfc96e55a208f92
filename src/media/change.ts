import { colourDistance, type FrameMeasures, movedGridDistance } from './frame-measures.js';

/** 80 of 255 levels of moved luma weigh as much as colours with nothing in common. */
const GRID_SCALE = 80;

/**
 * How different two frames are: change of colours plus change of places. Unrelated pictures come to 0.4 … 1.5,
 * the steps of a calm shot to less than 0.05, of a wild one to 0.2.
 */
export function changeScore(a: FrameMeasures, b: FrameMeasures): number {
  return colourDistance(a, b) + movedGridDistance(a, b) / GRID_SCALE;
}
