import type { Signal, SignalEmbedding } from '../signals/signal.js';

/**
 * How much each signal counts in the similarity of two trailers: the square roots of the shares of their cosine.
 * Words say most about what a trailer tells.
 */
export const FUSION_WEIGHTS: Record<Signal, number> = { TEXT: 0.8, PICTURE: 0.5, SOUND: 0.33 };

/** Numbers that each signal takes in the fused vector. */
export type FusionLayout = Record<Signal, number>;

/**
 * One unit vector for a trailer: TEXT, PICTURE, SOUND behind one another, each brought to length 1 and times its
 * weight; a missing signal leaves zeros, and the whole is brought to length 1 over what is present. The cosine of
 * two such vectors is the weighted mean of the signals' cosines.
 */
export function fuse(embeddings: readonly SignalEmbedding[], layout: FusionLayout): Float32Array {
  const fused = new Float32Array(layout.TEXT + layout.PICTURE + layout.SOUND);
  let offset = 0;
  for (const signal of ['TEXT', 'PICTURE', 'SOUND'] as const) {
    const vector = embeddings
      .find((embedding) => embedding.signal === signal)
      ?.vector?.subarray(0, layout[signal]);
    if (vector) {
      const length = Math.hypot(...vector) || 1;
      vector.forEach((value, i) => {
        fused[offset + i] = (FUSION_WEIGHTS[signal] * value) / length;
      });
    }
    offset += layout[signal];
  }
  const length = Math.hypot(...fused) || 1;
  return fused.map((value) => value / length);
}
