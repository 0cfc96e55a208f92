import { type Aspects, type Blend, DEFAULT_BLEND, DENSE_ASPECTS, type DenseAspect } from './aspect.js';

/** A bit for each dense aspect that a title has. */
const ASPECT_BITS: Record<DenseAspect, number> = { TEXT: 1, PICTURE: 2, SOUND: 4, TAGS: 8 };

export function patternOf(aspects: Aspects): number {
  return DENSE_ASPECTS.reduce((sum, aspect) => sum + (aspects[aspect] ? ASPECT_BITS[aspect] : 0), 0);
}

/**
 * One vector of all dense aspects, of length 1: each times the root of its weight, so that the inner product with a
 * `queryVector` orders titles of one pattern as their similarity does; between patterns the sums differ in mass.
 */
export function titleVector(aspects: Aspects, dimensions: Record<DenseAspect, number>): Float32Array | null {
  const parts = DENSE_ASPECTS.map((aspect) =>
    scaled(aspects[aspect], Math.sqrt(DEFAULT_BLEND[aspect]), dimensions[aspect]),
  );
  const vector = Float32Array.from(parts.flatMap((part) => [...part]));
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : null;
}

/** For another blend, the query bears what its weights differ in. */
export function queryVector(
  query: Aspects,
  blend: Blend,
  dimensions: Record<DenseAspect, number>,
): Float32Array {
  const parts = DENSE_ASPECTS.map((aspect) =>
    scaled(query[aspect], blend[aspect] / Math.sqrt(DEFAULT_BLEND[aspect]), dimensions[aspect]),
  );
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function scaled(vector: Float32Array | null, factor: number, length: number): Float32Array {
  return vector ? vector.map((value) => factor * value) : new Float32Array(length);
}

/** As pgvector reads it. */
export function halfvec(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => value.toFixed(5)).join(',')}]`;
}

/** Numbers of a `titleVector`. */
export function titleVectorLength(dimensions: Record<DenseAspect, number>): number {
  return DENSE_ASPECTS.reduce((sum, aspect) => sum + dimensions[aspect], 0);
}
