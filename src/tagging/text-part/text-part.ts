import { type SparseRow, type Vocabulary, weighLines } from '../../signals/text-features.js';
import { DocumentReader } from './document-reader.js';
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
    const place = placeOf(part.latent, row);
    toUnitLength(place);
    addWeighted(part.latent, place, logits);
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
  const places = rows.map((row) => placeOf(latent, row));
  const whole = new Float32Array(latent.dimensions);
  for (const place of places) for (let k = 0; k < whole.length; k++) whole[k] = whole[k]! + place[k]!;
  const factor = toUnitLength(whole);
  places.forEach((place, i) => {
    const share = place.map((value) => value * factor);
    addWeighted(latent, share, out.subarray(i * labels, (i + 1) * labels));
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
function placeOf(
  { dimensions, places, codes, scale }: LatentPart,
  { terms, weights }: SparseRow,
): Float32Array {
  const out = new Float32Array(dimensions);
  for (let k = 0; k < terms.length; k++) {
    const place = places[terms[k]!]!;
    if (place < 0) continue;
    const weight = weights[k]! * scale[place]!;
    const from = place * dimensions;
    for (let d = 0; d < dimensions; d++) out[d] = out[d]! + weight * codes[from + d]!;
  }
  return out;
}

function addWeighted({ weights, dimensions }: LatentPart, place: Float32Array, logits: Float32Array): void {
  const labels = logits.length;
  for (let d = 0; d < dimensions; d++) {
    const value = place[d]!;
    for (let j = 0; j < labels; j++) logits[j] = logits[j]! + value * weights[d * labels + j]!;
  }
}
