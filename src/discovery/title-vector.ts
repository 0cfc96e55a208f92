import { ASPECTS, type Aspects, type Blend, DEFAULT_BLEND } from './aspect.js';

/**
 * One vector of all aspects, of length 1: each times the root of its weight, so that the inner product with a
 * `queryVector` is the blend's sum of cosines, up to what titles that lack a signal would have had more.
 */
export function titleVector(aspects: Aspects, dimensions: Blend): Float32Array | null {
  const parts = ASPECTS.map((aspect) =>
    scaled(aspects[aspect], Math.sqrt(DEFAULT_BLEND[aspect]), dimensions[aspect]),
  );
  const vector = Float32Array.from(parts.flatMap((part) => [...part]));
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : null;
}

/** For another blend, the query bears what its weights differ in. */
export function queryVector(query: Aspects, blend: Blend, dimensions: Blend): Float32Array {
  const parts = ASPECTS.map((aspect) =>
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
