import { type SparseRow, type Vocabulary, weighLines } from '../../signals/text-features.js';
import { DocumentReader } from './document-reader.js';
import { createLatentKernel, type LatentKernel } from './latent-kernel.js';
import { toUnitLength } from './latent-space.js';

/**
 * The text model inside a trained classifier: a text's row of weighted stems and pairs of stems (`weighLines`), each
 * term emphasised as far as it matters to any label (see `trainSharpened`), and one linear model a label over it.
 */
export interface TextPart {
  labels: number;
  /** The terms in the order of the table's rows. */
  terms: readonly string[];
  /** Index of the terms, and what each counts in a row: its inverse document frequency times its factor. */
  vocabulary: Vocabulary;
  /** Reads whole texts by that vocabulary. */
  reader: DocumentReader;
  /** terms × labels: a weight is its code times its term's scale. */
  codes: Int8Array;
  /** One a term. */
  scale: Float32Array;
  /** One a label. */
  bias: Float32Array;
  /** Reads what a text is about as a whole; null in classifiers of before. */
  latent: LatentPart | null;
}

/** Latent semantics: where a text lies in a space of few directions, at unit length, and one linear model a label over that. */
export interface LatentPart {
  dimensions: number;
  /** The terms that it reads, by their places in the vocabulary. */
  terms: Int32Array;
  /** Where each term of the vocabulary stands among them, −1 where it is none. */
  places: Int32Array;
  /** terms × dimensions: a number is its code times its term's scale. */
  codes: Int8Array;
  /** One a term. */
  scale: Float32Array;
  /** dimensions × labels. */
  weights: Float32Array;
}

/** @param emphasis one a term */
export function knowing(
  terms: readonly string[],
  emphasis: Float32Array,
): Pick<TextPart, 'terms' | 'vocabulary' | 'reader'> {
  const vocabulary = { index: new Map(terms.map((term, i) => [term, i])), idf: emphasis };
  return { terms, vocabulary, reader: new DocumentReader(vocabulary) };
}

/**
 * The log-odds of each label that the words give, before any calibration. A text without known words gives the biases.
 * @param row the whole text's, as the part's `reader` gives it
 */
export function textLogits(part: TextPart, row: SparseRow): Float32Array {
  const logits = part.bias.slice();
  addRow(part, row, logits);
  if (part.latent) {
    const kernel = kernelOf(part.latent, part.labels);
    const place = placeOf(part.latent, kernel, row);
    toUnitLength(place);
    addWeighted(kernel, place, logits);
  }
  return logits;
}

/** What each line adds to each label's logit: lines × labels. Exact: with the biases they add up to `textLogits`. */
export function lineContributions(part: TextPart, lines: readonly string[]): Float32Array {
  const { labels, latent } = part;
  const out = new Float32Array(lines.length * labels);
  const rows = weighLines(lines, part.vocabulary);
  rows.forEach((row, i) => {
    addRow(part, row, out.subarray(i * labels, (i + 1) * labels));
  });
  if (!latent) return out;
  // The whole text's place is the sum of its lines', brought to unit length together.
  const kernel = kernelOf(latent, labels);
  const places = rows.map((row) => placeOf(latent, kernel, row));
  const whole = new Float32Array(latent.dimensions);
  for (const place of places) for (let k = 0; k < whole.length; k++) whole[k] = whole[k]! + place[k]!;
  const factor = toUnitLength(whole);
  places.forEach((place, i) => {
    const share = place.map((value) => value * factor);
    addWeighted(kernel, share, out.subarray(i * labels, (i + 1) * labels));
  });
  return out;
}

function addRow(
  { codes, scale, labels }: TextPart,
  { terms, weights }: SparseRow,
  logits: Float32Array,
): void {
  for (let k = 0; k < terms.length; k++) {
    const term = terms[k]!;
    const weight = weights[k]! * scale[term]!;
    const from = term * labels;
    for (let j = 0; j < labels; j++) logits[j] = logits[j]! + weight * codes[from + j]!;
  }
}

/** Where a row, or a line's part of one, lies in the latent space, not yet at unit length. */
function placeOf(latent: LatentPart, kernel: LatentKernel, { terms, weights }: SparseRow): Float32Array {
  const rows: number[] = [];
  const factors: number[] = [];
  for (let k = 0; k < terms.length; k++) {
    const place = latent.places[terms[k]!]!;
    if (place < 0) continue;
    rows.push(place);
    factors.push(weights[k]! * latent.scale[place]!);
  }
  return kernel.sumOfCodes(rows, factors);
}

function addWeighted(kernel: LatentKernel, place: Float32Array, logits: Float32Array): void {
  const sums = kernel.sumOfFloats(place);
  for (let j = 0; j < logits.length; j++) logits[j] = logits[j]! + sums[j]!;
}

const kernels = new WeakMap<LatentPart, LatentKernel>();

/** Made when a thread first reads by the part. */
function kernelOf(latent: LatentPart, labels: number): LatentKernel {
  const known = kernels.get(latent);
  if (known) return known;
  const { codes, weights, dimensions } = latent;
  const made = createLatentKernel(codes, weights, { dimensions, labels });
  kernels.set(latent, made);
  return made;
}
