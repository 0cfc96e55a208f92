import { hash32 } from '../tagging/random.js';
import {
  ASPECTS,
  type Aspect,
  type Aspects,
  type Blend,
  DEFAULT_BLEND,
  DENSE_ASPECTS,
  type DenseAspect,
} from './aspect.js';
import type { SparseVector } from './sparse-vector.js';

/** A bit for each aspect that a title has; a text has meaning and words together, or hardly ever only one of them. */
const ASPECT_BITS: Record<Aspect, number> = { TEXT: 1, WORDS: 1, PICTURE: 2, SOUND: 4, TAGS: 8 };

export function patternOf(aspects: Aspects): number {
  return ASPECTS.reduce((bits, aspect) => bits | (aspects[aspect] ? ASPECT_BITS[aspect] : 0), 0);
}

/** Numbers that words are projected to, and to how many of them each word goes. */
const PROJECTED = 256;
const PLACES_EACH = 4;

/** Numbers of a `titleVector`. */
export function titleVectorLength(dimensions: Record<DenseAspect, number>): number {
  return DENSE_ASPECTS.reduce((sum, aspect) => sum + dimensions[aspect], PROJECTED);
}

/**
 * One vector of all aspects, of length 1: each times the root of its weight, so that the inner product with a
 * `queryVector` orders titles of one pattern as their similarity does, but for what the projection of words errs;
 * between patterns the sums differ in mass.
 */
export function titleVector(aspects: Aspects, dimensions: Record<DenseAspect, number>): Float32Array | null {
  const vector = joined(aspects, dimensions, (aspect) => Math.sqrt(DEFAULT_BLEND[aspect]));
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : null;
}

/** For another blend, the query bears what its weights differ in. */
export function queryVector(
  query: Aspects,
  blend: Blend,
  dimensions: Record<DenseAspect, number>,
): Float32Array {
  return joined(query, dimensions, (aspect) => blend[aspect] / Math.sqrt(DEFAULT_BLEND[aspect]));
}

function joined(
  aspects: Aspects,
  dimensions: Record<DenseAspect, number>,
  factorOf: (aspect: Aspect) => number,
): Float32Array {
  const parts = DENSE_ASPECTS.map((aspect) => scaled(aspects[aspect], factorOf(aspect), dimensions[aspect]));
  const words = scaled(aspects.WORDS && projected(aspects.WORDS), factorOf('WORDS'), PROJECTED);
  return Float32Array.from([...parts, words].flatMap((part) => [...part]));
}

/**
 * Words in few numbers: each goes to a few places with a sign of its own, so that inner products stay the same but
 * for an error of about 1/√256 (sparse Johnson–Lindenstrauss: Kane & Nelson 2014).
 */
function projected({ terms, weights }: SparseVector): Float32Array {
  const sums = new Float32Array(PROJECTED);
  for (const [i, term] of terms.entries()) {
    for (let k = 0; k < PLACES_EACH; k++) {
      const random = hash32(`${term} ${k}`);
      const sign = random & 1 ? 1 : -1;
      sums[(random >>> 1) % PROJECTED]! += (sign * weights[i]!) / Math.sqrt(PLACES_EACH);
    }
  }
  return sums;
}

function scaled(vector: Float32Array | null, factor: number, length: number): Float32Array {
  return vector ? vector.map((value) => factor * value) : new Float32Array(length);
}

/** As pgvector reads it. */
export function halfvec(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => value.toFixed(5)).join(',')}]`;
}
