import { PICTURE_FEATURES, SHOT_FEATURES } from '../signals/picture-features.js';
import { SOUND_FEATURES, STRETCH_FEATURES } from '../signals/sound-features.js';
import { ASPECTS, type Aspect, type Aspects, type Blend, cosineIn, type DenseAspect } from './aspect.js';
import { type SparseVector, sparseProducts } from './sparse-vector.js';

/** Why two titles are alike in one aspect. */
export interface Reason {
  aspect: Aspect;
  /** What the aspect adds to the score; the reasons' contributions sum to it. */
  contribution: number;
  /** What both have: label names, kinds of feature, stems of words; strongest first. */
  shared: string[];
}

/** Features of the compact pack by what people call them. */
const PICTURE_KINDS: Record<string, readonly string[]> = {
  pace: ['cutRate', 'medianShotLength', 'shotLengthVariation', 'paceRise'],
  motion: ['motion', 'change'],
  light: ['light', 'contrast', 'lightingKey', 'darkShare', 'lightSpread'],
  palette: [
    'saturation',
    'warmth',
    'hueVariety',
    'colourVariance',
    'red',
    'yellow',
    'green',
    'cyan',
    'blue',
    'magenta',
    'paletteChange',
  ],
  texture: ['texture'],
};
const SOUND_KINDS: Record<string, readonly string[]> = {
  loudness: ['loudness', 'dynamics', 'silence', 'loudnessRange', 'loudnessRise'],
  timbre: ['centroid', 'rolloff', 'flatness'],
  rhythm: ['flux', 'onsetRate', 'tempo', 'pulseClarity'],
  'share of speech and music': ['speechLike', 'musicLike'],
};
const PICTURE_NAMES = [...Object.keys(SHOT_FEATURES), ...Object.keys(PICTURE_FEATURES)];
const SOUND_NAMES = [...Object.keys(STRETCH_FEATURES), ...Object.keys(SOUND_FEATURES)];

/** Part of an aspect's cosine that a shared thing must make up to be named. */
const NAMED_SHARE = 0.12;
const MOST_NAMED = 3;
/** Part of the score that an aspect must add to be told: a first name that two casts share says nothing. */
const TOLD_SHARE = 0.1;

/** What labels and places in vectors of words are called. */
export interface Names {
  labels: readonly string[];
  stems: readonly string[];
}

/**
 * What makes up the similarity of two titles, aspect by aspect, from the same numbers as the score. Words are told
 * as stems; how they are written is left to whoever has the texts.
 */
export function explain(a: Aspects, b: Aspects, blend: Blend, names: Names): Reason[] {
  const both = ASPECTS.filter((aspect) => a[aspect] && b[aspect] && blend[aspect] > 0);
  const mass = both.reduce((sum, aspect) => sum + blend[aspect], 0);
  return both
    .map((aspect) => {
      const cosine = cosineIn(aspect, a, b)!;
      const shared =
        aspect === 'WORDS'
          ? sharedStems(a.WORDS!, b.WORDS!, NAMED_SHARE * cosine, names.stems)
          : sharedThings(aspect, a[aspect]!, b[aspect]!, names.labels);
      return { aspect, contribution: (blend[aspect] * cosine) / mass, shared };
    })
    .sort((p, q) => q.contribution - p.contribution);
}

/** Those that make up at least `least` of the cosine. */
function sharedStems(a: SparseVector, b: SparseVector, least: number, stems: readonly string[]): string[] {
  return [...sparseProducts(a, b)]
    .filter(([, part]) => part >= least)
    .sort((p, q) => q[1] - p[1] || p[0] - q[0])
    .slice(0, MOST_NAMED)
    .map(([term]) => stems[term]!);
}

function sharedThings(
  aspect: DenseAspect,
  x: Float32Array,
  y: Float32Array,
  labelNames: readonly string[],
): string[] {
  const products = x.map((value, i) => value * y[i]!);
  if (aspect === 'TAGS') return strongest(labelNames.map((name, i) => [name, products[i]!]));
  if (aspect === 'PICTURE') return strongest(byKind(PICTURE_KINDS, PICTURE_NAMES, products));
  return aspect === 'SOUND' ? strongest(byKind(SOUND_KINDS, SOUND_NAMES, products)) : [];
}

function byKind(
  kinds: Record<string, readonly string[]>,
  names: readonly string[],
  products: Float32Array,
): [string, number][] {
  return Object.entries(kinds).map(([kind, features]) => [
    kind,
    features.reduce((sum, feature) => sum + (products[names.indexOf(feature)] ?? 0), 0),
  ]);
}

function strongest(things: [string, number][]): string[] {
  return things
    .filter(([, part]) => part >= NAMED_SHARE)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_NAMED)
    .map(([name]) => name);
}

/** "shares revenge and bleak; similar pace and palette" */
export function reasonSentence(reasons: readonly Reason[]): string {
  const score = reasons.reduce((sum, { contribution }) => sum + contribution, 0);
  const parts = reasons.flatMap(({ aspect, contribution, shared }) => {
    if (shared.length === 0 || contribution < TOLD_SHARE * score) return [];
    if (aspect === 'TAGS') return [`shares ${listed(shared.map((name) => name.toLowerCase()))}`];
    if (aspect === 'WORDS') return [`both mention ${listed(shared)}`];
    return [aspect === 'PICTURE' ? `similar ${listed(shared)}` : `sounds alike in ${listed(shared)}`];
  });
  if (parts.length > 0) return parts.join('; ');
  const [first] = reasons;
  if (!first) return 'nothing to compare';
  return first.aspect === 'TEXT' ? 'told in similar words' : 'alike on the whole';
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
