import type { Signal } from '../signals/signal.js';
import { type SparseVector, sparseDot } from './sparse-vector.js';

/** What titles can be alike in: their signals, the very words of their texts, and their tags. */
export type Aspect = Signal | 'WORDS' | 'TAGS';
/** Those with a number at every place. */
export type DenseAspect = Exclude<Aspect, 'WORDS'>;
export const DENSE_ASPECTS: readonly DenseAspect[] = ['TEXT', 'PICTURE', 'SOUND', 'TAGS'];
export const ASPECTS: readonly Aspect[] = ['TEXT', 'WORDS', 'PICTURE', 'SOUND', 'TAGS'];

/** How much each aspect counts, 0 or more. */
export type Blend = Record<Aspect, number>;

/**
 * Tags tell most of what people call alike; the meaning of texts adds what labels have no name for, and their very
 * words add names: of characters, of makers, of places (docs/decisions/069-words-beside-tags.md and
 * docs/decisions/070-very-words.md). Nothing is labelled by which the shares of picture and sound could be chosen:
 * they tell how a title feels, and together count as much as the meaning of texts does.
 */
export const DEFAULT_BLEND: Blend = { TEXT: 0.3, WORDS: 0.7, PICTURE: 0.2, SOUND: 0.1, TAGS: 1 };
/** What a title is about and how it feels, whoever made it: what rows go by, and what parts one taste from another. */
export const MATTER_BLEND: Blend = { ...DEFAULT_BLEND, WORDS: 0 };

/** One vector an aspect, of any length; null where the title has nothing to go by. */
export type Aspects = Record<DenseAspect, Float32Array | null> & { WORDS: SparseVector | null };

export const noAspects = (): Aspects => ({ TEXT: null, WORDS: null, PICTURE: null, SOUND: null, TAGS: null });

/** The same vectors where nobody writes over them. */
export function copyOf(aspects: Aspects): Aspects {
  const copy = noAspects();
  for (const aspect of DENSE_ASPECTS) copy[aspect] = aspects[aspect]?.slice() ?? null;
  const words = aspects.WORDS;
  copy.WORDS = words && { terms: words.terms.slice(), weights: words.weights.slice() };
  return copy;
}

/** Only the aspects that the blend looks at. */
export function askedOf(aspects: Aspects, blend: Blend): Aspects {
  const asked = { ...aspects };
  for (const aspect of ASPECTS) if (blend[aspect] === 0) asked[aspect] = null;
  return asked;
}

/** `vector` at length 1; null for one of length 0 or with a number that is none. */
export function unit(vector: Float32Array | null): Float32Array | null {
  if (!vector) return null;
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!(squares > 0) || !Number.isFinite(squares)) return null;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

/** In double precision. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The cosine of two titles in one aspect; null where one of them lacks it. */
export function cosineIn(aspect: Aspect, a: Aspects, b: Aspects): number | null {
  if (aspect === 'WORDS') return a.WORDS && b.WORDS ? sparseDot(a.WORDS, b.WORDS) : null;
  const [x, y] = [a[aspect], b[aspect]];
  return x && y ? dot(x, y) : null;
}

/**
 * The blend's mean of the cosines over the aspects that both have; what one of them lacks is left out, not
 * counted as zero. Null where they share none.
 */
export function similarity(a: Aspects, b: Aspects, blend: Blend): number | null {
  let sum = 0;
  let mass = 0;
  for (const aspect of ASPECTS) {
    if (blend[aspect] === 0) continue;
    const cosine = cosineIn(aspect, a, b);
    if (cosine === null) continue;
    sum += blend[aspect] * cosine;
    mass += blend[aspect];
  }
  return mass > 0 ? sum / mass : null;
}
