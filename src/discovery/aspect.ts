import type { Signal } from '../signals/signal.js';

/** What titles can be alike in: their signals and their tags. */
export type Aspect = Signal | 'TAGS';
export const ASPECTS: readonly Aspect[] = ['TEXT', 'PICTURE', 'SOUND', 'TAGS'];

/** How much each aspect counts, 0 or more. */
export type Blend = Record<Aspect, number>;

/**
 * Tags tell most of what people call alike; words add what labels have no name for, and more of them would take
 * from it (docs/decisions/069-words-beside-tags.md). Nothing is labelled by which the shares of
 * picture and sound could be chosen: they tell how a title feels, and together count as much as words do.
 */
export const DEFAULT_BLEND: Blend = { TEXT: 0.3, PICTURE: 0.2, SOUND: 0.1, TAGS: 1 };

/** One vector an aspect, of any length; null where the title has nothing to go by. */
export type Aspects = Record<Aspect, Float32Array | null>;

export const noAspects = (): Aspects => ({ TEXT: null, PICTURE: null, SOUND: null, TAGS: null });

/** The same vectors where nobody writes over them. */
export function copyOf(aspects: Aspects): Aspects {
  const copy = noAspects();
  for (const aspect of ASPECTS) copy[aspect] = aspects[aspect]?.slice() ?? null;
  return copy;
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

/**
 * The blend's mean of the cosines over the aspects that both have; what one of them lacks is left out, not
 * counted as zero. Null where they share none.
 */
export function similarity(a: Aspects, b: Aspects, blend: Blend): number | null {
  let sum = 0;
  let mass = 0;
  for (const aspect of ASPECTS) {
    const [x, y] = [a[aspect], b[aspect]];
    if (!x || !y || blend[aspect] === 0) continue;
    sum += blend[aspect] * dot(x, y);
    mass += blend[aspect];
  }
  return mass > 0 ? sum / mass : null;
}
