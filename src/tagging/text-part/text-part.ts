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
  const whole = new Float64Array(latent.dimensions);
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

/**
 * Where a row, or a line's part of one, lies in the latent space, not yet at unit length. Four terms at a time: that
 * takes a third of the time that one by one does.
 */
function placeOf({ dimensions, places, codes, scale }: LatentPart, row: SparseRow): Float64Array {
  const out = new Float64Array(dimensions);
  const known: number[] = [];
  for (let k = 0; k < row.terms.length; k++) if (places[row.terms[k]!]! >= 0) known.push(k);
  const from = (k: number) => (k < known.length ? places[row.terms[known[k]!]!]! * dimensions : 0);
  const weight = (k: number) =>
    k < known.length ? row.weights[known[k]!]! * scale[places[row.terms[known[k]!]!]!]! : 0;
  for (let k = 0; k < known.length; k += 4) {
    const [a, b, c, d] = [from(k), from(k + 1), from(k + 2), from(k + 3)];
    const [u, v, w, x] = [weight(k), weight(k + 1), weight(k + 2), weight(k + 3)];
    for (let i = 0; i < dimensions; i++)
      out[i] = out[i]! + u * codes[a + i]! + v * codes[b + i]! + w * codes[c + i]! + x * codes[d + i]!;
  }
  return out;
}

/** Adds what a place gives each label, four directions at a time. */
function addWeighted({ weights, dimensions }: LatentPart, place: Float64Array, logits: Float32Array): void {
  const labels = logits.length;
  const sums = new Float64Array(labels);
  const whole = dimensions - (dimensions % 4);
  for (let d = 0; d < whole; d += 4) {
    const [a, b, c, e] = [d * labels, (d + 1) * labels, (d + 2) * labels, (d + 3) * labels];
    const u = place[d]!;
    const v = place[d + 1]!;
    const w = place[d + 2]!;
    const x = place[d + 3]!;
    for (let j = 0; j < labels; j++)
      sums[j] =
        sums[j]! + u * weights[a + j]! + v * weights[b + j]! + w * weights[c + j]! + x * weights[e + j]!;
  }
  for (let d = whole; d < dimensions; d++)
    for (let j = 0; j < labels; j++) sums[j] = sums[j]! + place[d]! * weights[d * labels + j]!;
  for (let j = 0; j < labels; j++) logits[j] = logits[j]! + sums[j]!;
}
