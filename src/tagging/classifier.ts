import type { Signal } from '../signals/signal.js';
import { contentWords } from '../signals/text-words.js';
import type { SpaceLabel } from './label-space.js';
import { FEWEST_WORDS } from './quality.js';
import { type TextPart, textLogits } from './text-part/text-part.js';
import { type ShapeScale, shapeOf, type TextShape, USUAL_SHAPE } from './text-shape.js';
import { type Calibrator, calibrate } from './training/calibrator.js';
import { headLogits, inputsOf, type Present, type VectorHead, writeInputs } from './vector-head.js';

export interface ClassifierLabel extends SpaceLabel {
  /** Log-odds of the label in the training rows: the answer where nothing can be read. */
  prior: number;
  /** Probability at and above which the label is ACCEPTED; null: never, for no threshold reached the aim. */
  threshold: number | null;
  /** Where nothing but words can be read: with fewer that carry matter the label is abstained from. */
  leastWords: number;
}

/** A classifier that was trained on rows. */
export interface Classifier {
  labels: ClassifierLabel[];
  /** Reads the words; null where no row had any. */
  text: TextPart | null;
  /** Reads vectors; null where no row had any. */
  vectors: VectorHead | null;
  calibrator: Calibrator;
  /** What a text's shape is measured by: that of the training rows. */
  scale: ShapeScale;
  /** Encoders whose vectors it reads, by signal. */
  models: Partial<Record<Signal, string>>;
}

/** What a classifier says of one row or trailer. */
export interface Answers {
  /** One a label, before calibration. */
  raw: Float32Array;
  /** One a label: calibrated. */
  logOdds: Float32Array;
  /** Whether the words could be read. */
  hasWords: boolean;
  /** One a label: whether what could be read is enough to answer; else it is abstained from. */
  answered: boolean[];
  /** Of the text; the usual one where words are too few. */
  shape: TextShape;
}

/**
 * The answers to some words and vectors: the words' logits, plus the head's, calibrated. Without words the head
 * answers alone; with nothing that can be read the priors are the answer.
 */
export function answersTo(
  classifier: Classifier,
  lines: readonly string[],
  vectors: Present['vectors'],
): Answers {
  const { labels, text, vectors: head } = classifier;
  const read = text?.reader.read(lines);
  const words = read?.words ?? contentWords(lines.join(' ')).length;
  const isTold = words >= FEWEST_WORDS;
  const row = isTold && read ? read.row : null;
  const hasWords = row !== null;
  const shape = isTold
    ? shapeOf({ words, paragraphs: read?.paragraphs ?? 0 }, classifier.scale)
    : USUAL_SHAPE;
  const hasVectors =
    head?.layout.signals.some(({ signal, width }) => vectors[signal]?.length === width) ?? false;
  if (!hasWords && !hasVectors) {
    const priors = Float32Array.from(labels, ({ prior }) => prior);
    return { raw: priors, logOdds: priors, hasWords, answered: labels.map(() => false), shape };
  }
  const raw = text && row ? textLogits(text, row) : new Float32Array(labels.length);
  if (head) {
    const inputs = new Float32Array(inputsOf(head.layout));
    writeInputs(head.layout, { vectors, hasWords }, inputs);
    headLogits(head, inputs).forEach((logit, j) => {
      raw[j] = raw[j]! + logit;
    });
  }
  const logOdds = raw.map((logit, j) => calibrate(classifier.calibrator, j, logit, shape));
  const answered = labels.map(({ leastWords }) => hasVectors || words >= leastWords);
  return { raw, logOdds, hasWords, answered, shape };
}
