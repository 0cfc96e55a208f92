/** Numbers in [0, 1). */
export type Random = () => number;

/**
 * mulberry32 over a seed that is mixed from several numbers: the same numbers give the same stream, so that a
 * window samples the same words whatever it was batched with.
 */
export function randomStream(...seeds: number[]): Random {
  let state = 0x9e3779b9;
  for (const seed of seeds) {
    state = Math.imul(state ^ (seed + (state >>> 15)), 0x85ebca6b);
    state ^= state >>> 13;
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
