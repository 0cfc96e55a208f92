import type { Shot } from '../../src/media/decoded.js';
import type { Film } from './films.js';

export interface Score {
  truth: number;
  found: number;
  matched: number;
  precision: number;
  recall: number;
  f1: number;
  /** Matched cuts that are on the very frame. */
  exact: number;
  dissolves: { truth: number; found: number };
}

/** Matches found cuts with true ones, one to one, at most `toleranceFrames` apart. Dissolves are no cuts. */
export function scoreShots(film: Film, shots: readonly Shot[], toleranceFrames = 1): Score {
  const frameOf = (seconds: number) => Math.round(seconds * film.framesPerSecond);
  const found = shots.filter((shot) => shot.transition === 'CUT').map((shot) => frameOf(shot.startSeconds));
  const open = new Set(found);
  let matched = 0;
  let exact = 0;
  for (const cut of film.cuts) {
    const near = [...open]
      .filter((frame) => Math.abs(frame - cut) <= toleranceFrames)
      .toSorted((a, b) => Math.abs(a - cut) - Math.abs(b - cut))[0];
    if (near === undefined) continue;
    open.delete(near);
    matched++;
    if (near === cut) exact++;
  }
  const gradual = shots
    .filter((shot) => shot.transition === 'DISSOLVE')
    .map((shot) => frameOf(shot.startSeconds));
  const seen = film.dissolves.filter(({ first, last }) =>
    gradual.some((frame) => frame >= first - 2 && frame <= last + 2),
  );
  const precision = found.length > 0 ? matched / found.length : 0;
  const recall = film.cuts.length > 0 ? matched / film.cuts.length : 0;
  return {
    truth: film.cuts.length,
    found: found.length,
    matched,
    precision,
    recall,
    f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
    exact,
    dissolves: { truth: film.dissolves.length, found: seen.length },
  };
}
