import { CLIP_FRAMES } from './videomae-frames.js';

/** Where one clip's frames lie: sixteen times in seconds, ascending. */
export interface ClipTimes {
  /** The shot that the clip lies inside, or null where clips pay no heed to shots. */
  shotIndex: number | null;
  seconds: number[];
}

/** Frames of a clip are 4 frames of a 30-a-second video apart, as in VideoMAE's training on Kinetics (stride 4). */
const STRIDE_SECONDS = 4 / 30;
const CLIP_SECONDS = STRIDE_SECONDS * (CLIP_FRAMES - 1); // 2 s

interface ShotSpan {
  index: number;
  startSeconds: number;
  endSeconds: number;
}

/**
 * `sampling: shots`: at most `clips` clips, each in the middle of a shot of its own, in the shots that last
 * longest; a shot that is shorter than a clip gets the sixteen frames closer together.
 * @param shots those with content
 */
export function clipsInShots(shots: readonly ShotSpan[], clips: number): ClipTimes[] {
  const length = (shot: ShotSpan) => shot.endSeconds - shot.startSeconds;
  return shots
    .filter((shot) => length(shot) > 0)
    .sort((a, b) => length(b) - length(a) || a.index - b.index)
    .slice(0, clips)
    .sort((a, b) => a.index - b.index)
    .map((shot) => {
      const step = Math.min(CLIP_SECONDS, length(shot) * (1 - 1 / CLIP_FRAMES)) / (CLIP_FRAMES - 1);
      const first = (shot.startSeconds + shot.endSeconds) / 2 - (step * (CLIP_FRAMES - 1)) / 2;
      return {
        shotIndex: shot.index,
        seconds: Array.from({ length: CLIP_FRAMES }, (_, i) => first + i * step),
      };
    });
}

/** `uniform`: one clip of sixteen frames over the whole length, each in the middle of its sixteenth. */
export function uniformClip(durationSeconds: number): ClipTimes {
  const step = durationSeconds / CLIP_FRAMES;
  return { shotIndex: null, seconds: Array.from({ length: CLIP_FRAMES }, (_, i) => (i + 0.5) * step) };
}
