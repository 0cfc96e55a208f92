import { type SparseRow, type Vocabulary, weighLines } from '../../signals/text-features.js';
import { DocumentReader } from './document-reader.js';

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
  return logits;
}

/** What each line adds to each label's logit: lines × labels. Exact: with the biases they add up to `textLogits`. */
export function lineContributions(part: TextPart, lines: readonly string[]): Float32Array {
  const out = new Float32Array(lines.length * part.labels);
  weighLines(lines, part.vocabulary).forEach((row, i) => {
    addRow(part, row, out.subarray(i * part.labels, (i + 1) * part.labels));
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
