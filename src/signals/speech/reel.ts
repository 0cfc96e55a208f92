import type { Island } from './islands.js';
import { FRAMES_PER_SECOND, HOP, WINDOW_FRAMES } from './log-mel.js';
import type { Clip } from './transcription.js';

/** The speech of a sound, cut out and put one after the other. */
export interface SpeechReel {
  /** 16 kHz mono. */
  samples: Float32Array;
  /** Windows to decode, of whole islands and at most 30 s, but for islands that are longer by themselves. */
  clips: Clip[];
  pieces: ReelPiece[];
}

/** One island's place, in frames of 10 ms. */
interface ReelPiece {
  sourceFrame: number;
  reelFrame: number;
  frames: number;
}

/**
 * Cuts the islands out of a sound. Islands share windows, since the encoder takes 30 s of work for a word as for
 * a monologue; none is cut in two to fill one.
 *
 * @param islands in time, not overlapping
 */
export function speechReel(samples: Float32Array, islands: readonly Island[]): SpeechReel {
  const pieces = piecesOf(islands, Math.floor(samples.length / HOP));
  const last = pieces.at(-1);
  const reel = new Float32Array(last ? (last.reelFrame + last.frames) * HOP : 0);
  for (const { sourceFrame, reelFrame, frames } of pieces) {
    reel.set(samples.subarray(sourceFrame * HOP, (sourceFrame + frames) * HOP), reelFrame * HOP);
  }
  return { samples: reel, clips: packed(pieces), pieces };
}

function piecesOf(islands: readonly Island[], totalFrames: number): ReelPiece[] {
  const pieces: ReelPiece[] = [];
  let reelFrame = 0;
  for (const island of islands) {
    const sourceFrame = Math.floor(island.startSeconds * FRAMES_PER_SECOND);
    const end = Math.min(totalFrames, Math.ceil(island.endSeconds * FRAMES_PER_SECOND));
    if (end <= sourceFrame) continue;
    pieces.push({ sourceFrame, reelFrame, frames: end - sourceFrame });
    reelFrame += end - sourceFrame;
  }
  return pieces;
}

function packed(pieces: readonly ReelPiece[]): Clip[] {
  const clips: Clip[] = [];
  for (const { reelFrame, frames } of pieces) {
    const last = clips.at(-1);
    const end = reelFrame + frames;
    if (last && end - last.startFrame <= WINDOW_FRAMES) last.endFrame = end;
    else clips.push({ startFrame: reelFrame, endFrame: end });
  }
  return clips;
}

/** A line reaches into a neighbouring island only with at least this share of its length; the rest is a rounded time. */
const REACH = 0.25;

/**
 * A stretch of the reel at its place in the sound: from the first to the last island that a good part of it lies
 * in. Null where it lies outside the reel.
 */
export function sourceStretch(reel: SpeechReel, stretch: Island): Island | null {
  const from = stretch.startSeconds * FRAMES_PER_SECOND;
  const to = stretch.endSeconds * FRAMES_PER_SECOND;
  const overlaps = reel.pieces
    .map((piece) => {
      const start = Math.max(from, piece.reelFrame);
      const end = Math.min(to, piece.reelFrame + piece.frames);
      return { start, end, shift: piece.sourceFrame - piece.reelFrame };
    })
    .filter(({ start, end }) => end > start);
  const longest = Math.max(...overlaps.map(({ start, end }) => end - start));
  const reached = overlaps.filter(({ start, end }) => end - start >= Math.min(longest, REACH * (to - from)));
  const first = reached[0];
  const last = reached.at(-1);
  if (!first || !last) return null;
  return {
    startSeconds: (first.start + first.shift) / FRAMES_PER_SECOND,
    endSeconds: (last.end + last.shift) / FRAMES_PER_SECOND,
  };
}
