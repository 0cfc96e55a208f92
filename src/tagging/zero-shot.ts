import type { Moment, SignalEmbedding } from '../signals/signal.js';
import type { TextAnswer } from './answer.js';
import type { Evidence } from './tag.js';

/** A label as its wordings place it among the others. */
export interface ZeroShotLabel {
  id: string;
  /** Log-odds of the label before anything was heard. */
  prior: number;
  threshold: number;
  /** A text's similarity to the label is the product of its unit vector with this one. */
  direction: Float32Array;
}

/** Labels known by their descriptions alone, and what a similarity to one of them is worth. */
export interface ZeroShotHead {
  labels: ZeroShotLabel[];
  similarity: SimilarityScale;
  /** Unit vectors of the classes that a fine-tuned picture encoder can name, by name. */
  classes: ReadonlyMap<string, Float32Array>;
}

/** Similarities of texts that speak of a label, and of texts that do not: two normal curves of one width. */
export interface SimilarityScale {
  ofLabel: number;
  ofOthers: number;
  deviation: number;
}

/** A label's wordings as unit vectors, at least two. */
export interface WordedLabel {
  id: string;
  prior: number;
  wordings: readonly Float32Array[];
}

/** As likely as not: nothing was learned that could say where the balance of errors lies. */
const THRESHOLD = 0.5;
/** A line of a trailer is no clean description of a label: the evidence of a similarity counts by this share. */
const TRUST = 0.5;
/** The most that words can add to the log-odds or take from them: odds times 20. */
const MOST_LOGIT = 3;
/** What a clip shows is named by one of a few hundred classes, most of them sports and chores: half a line's share. */
const CLASS_TRUST = 0.25;
/** The most that all clips together can add: odds times 2.7. */
const MOST_CLASS_LOGIT = 1;

/**
 * Makes a head of descriptions. A label's direction is the mean of its wordings less the mean of all labels, so that
 * what all descriptions share counts for none. What a similarity is worth is measured on the wordings themselves: each
 * is compared with its own label's direction made without it, and with the directions of all other labels.
 */
export function zeroShotHead(
  labels: readonly WordedLabel[],
  classes: ReadonlyMap<string, Float32Array> = new Map(),
): ZeroShotHead {
  const prototypes = labels.map(({ wordings }) => unit(meanOf(wordings)));
  const background = meanOf(prototypes);
  const directions = prototypes.map((prototype) => minus(prototype, background));
  const own = labels.flatMap(({ wordings }) =>
    wordings.map((wording, i) => {
      const others = unit(meanOf(wordings.filter((_, k) => k !== i)));
      return dot(wording, minus(others, background));
    }),
  );
  const foreign = labels.flatMap(({ wordings }, l) =>
    wordings.flatMap((wording) =>
      directions.filter((_, m) => m !== l).map((direction) => dot(wording, direction)),
    ),
  );
  return {
    labels: labels.map(({ id, prior }, l) => ({
      id,
      prior,
      threshold: THRESHOLD,
      direction: directions[l]!,
    })),
    similarity: scaleOf(own, foreign),
    classes,
  };
}

function scaleOf(own: readonly number[], foreign: readonly number[]): SimilarityScale {
  const ofLabel = average(own);
  const ofOthers = average(foreign);
  const squares = [
    ...own.map((value) => (value - ofLabel) ** 2),
    ...foreign.map((value) => (value - ofOthers) ** 2),
  ];
  return { ofLabel, ofOthers, deviation: Math.sqrt(average(squares)) };
}

/** Log of how much likelier a similarity is for a text that speaks of the label: linear, as both curves have one width. */
export function evidenceOf(similarity: number, { ofLabel, ofOthers, deviation }: SimilarityScale): number {
  // An encoder that cannot tell a label's own wordings from the others' has nothing to say.
  if (ofLabel <= ofOthers || deviation === 0) return 0;
  return ((ofLabel - ofOthers) / deviation ** 2) * (similarity - (ofLabel + ofOthers) / 2);
}

/**
 * What the words say of a label: half from the transcript as a whole, half from its lines, the most similar ones
 * counting most. Each line's part is its own evidence and its share of the whole's, so the parts sum to the logit less
 * the prior.
 * @param text with a vector and at least one line
 */
export function zeroShotAnswer(
  label: ZeroShotLabel,
  text: SignalEmbedding,
  scale: SimilarityScale,
): TextAnswer {
  const similarities = text.moments.map(({ vector }) => dot(vector, label.direction));
  const shares = softmax(similarities.map((value) => value / (scale.deviation || 1)));
  const whole = evidenceOf(dot(text.vector!, label.direction), scale);
  const raw = similarities.map((value, i) => TRUST * shares[i]! * ((evidenceOf(value, scale) + whole) / 2));
  const sum = raw.reduce((total, value) => total + value, 0);
  const held = Math.abs(sum) > MOST_LOGIT ? MOST_LOGIT / Math.abs(sum) : 1;
  return {
    logit: label.prior + held * sum,
    parts: text.moments.map((moment, i) => ({ ...placeOf(moment), contribution: held * raw[i]! })),
  };
}

/**
 * What the named clips say for a label, as weak evidence: a class whose name is like the label's wordings speaks for it,
 * one that is not speaks against nothing.
 */
export function classEvidence(
  label: ZeroShotLabel,
  clips: SignalEmbedding,
  { classes, similarity }: ZeroShotHead,
): Evidence[] {
  const parts = clips.moments.flatMap((moment): Evidence[] => {
    const name = moment.line === null ? undefined : classes.get(moment.line);
    const worth = name ? CLASS_TRUST * evidenceOf(dot(name, label.direction), similarity) : 0;
    return worth > 0 ? [{ ...placeOf(moment), signal: 'PICTURE', contribution: worth }] : [];
  });
  const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
  const held = sum > MOST_CLASS_LOGIT ? MOST_CLASS_LOGIT / sum : 1;
  return parts.map((part) => ({ ...part, contribution: held * part.contribution }));
}

function placeOf({ startSeconds, endSeconds, line, shotIndex }: Moment) {
  return { startSeconds, endSeconds, signal: 'TEXT' as const, line, shotIndex };
}

function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(vectors[0]!.length);
  for (const vector of vectors) for (let k = 0; k < sums.length; k++) sums[k]! += vector[k]!;
  return Float32Array.from(sums, (sum) => sum / vectors.length);
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

const minus = (a: Float32Array, b: Float32Array) => a.map((value, k) => value - b[k]!);

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

const average = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
