import { timeWeights } from '../signals/features.js';
import type { Signal, SignalEmbedding } from '../signals/signal.js';
import { tagOf } from './answer.js';
import { sigmoid } from './calibration.js';
import { type Answers, answersTo, type Classifier } from './classifier.js';
import type { Evidence, Tag } from './tag.js';
import { lineContributions } from './text-part/text-part.js';
import { calibrate } from './training/calibrator.js';
import { inputsOf, inputWeights, type Present, type VectorHead, writeInputs } from './vector-head.js';
import { weigh } from './verdict.js';

/**
 * The tags of one trailer: the pure core. Vectors of encoders that the classifier does not know are left out.
 * @param explains whether evidence and shares are wanted
 */
export function tagByClassifier(
  classifier: Classifier,
  embeddings: readonly SignalEmbedding[],
  explains = true,
): Tag[] {
  const text = embeddings.find(({ signal }) => signal === 'TEXT');
  const lines = text?.moments.map(({ line }) => line ?? '') ?? [];
  const read = embeddings.filter(
    ({ signal, model, vector }) => vector && classifier.models[signal] === model,
  );
  const vectors = Object.fromEntries(read.map(({ signal, vector }) => [signal, vector!]));
  const answers = answersTo(classifier, lines, vectors);
  const partsOf = explains ? explainer(classifier, answers, { text, lines, read, vectors }) : () => [];
  const tags = classifier.labels.map(({ id, threshold }, j) => {
    const label = { id, threshold: threshold ?? 1 };
    return tagOf(label, sigmoid(answers.logOdds[j]!), answers.answered[j] ? partsOf(j) : null);
  });
  return weigh(tags);
}

/** What a classifier read of a trailer. */
interface Reading {
  text: SignalEmbedding | undefined;
  lines: readonly string[];
  /** The signals whose vectors it knows, and these vectors. */
  read: readonly SignalEmbedding[];
  vectors: Present['vectors'];
}

/** @returns what each moment added to a label's log-odds, by the label's place */
function explainer(
  classifier: Classifier,
  { raw, logOdds, hasWords, shape }: Answers,
  { text, lines, read, vectors }: Reading,
): (label: number) => Evidence[] {
  const spoken = text && hasWords ? text.moments : [];
  const said = spoken.length > 0 ? lineContributions(classifier.text!, lines) : new Float32Array();
  const head = read.length > 0 ? classifier.vectors : null;
  const inputs = head && inputsFor(head, { vectors, hasWords });
  const width = classifier.labels.length;
  return (j) => {
    /** What the answer would lose without a part of the raw logit. */
    const worth = (part: number) => logOdds[j]! - calibrate(classifier.calibrator, j, raw[j]! - part, shape);
    return [
      ...spoken.map((moment, i) => evidenceOf('TEXT', moment, worth(said[i * width + j]!))),
      ...(head && inputs ? momentParts(head, inputs, read, j, worth) : []),
    ];
  };
}

function inputsFor(head: VectorHead, present: Present): Float32Array {
  const inputs = new Float32Array(inputsOf(head.layout));
  writeInputs(head.layout, present, inputs);
  return inputs;
}

/**
 * What each moment of the signals added to one label. A signal's vector begins with the means of its moments' numbers,
 * weighted by time, so a moment's part of those is exact; what the signal's other numbers say belongs to no moment and
 * is spread over them by time.
 */
function momentParts(
  head: VectorHead,
  inputs: Float32Array,
  embeddings: readonly SignalEmbedding[],
  label: number,
  worth: (part: number) => number,
): Evidence[] {
  const weights = inputWeights(head, inputs, label);
  let from = 0;
  return head.layout.signals.flatMap(({ signal, width }) => {
    const start = from;
    from += width;
    const embedding = embeddings.find((one) => one.signal === signal);
    if (!embedding) return [];
    const shares = timeWeights(embedding.moments);
    return embedding.moments.map((moment, m) => {
      let part = 0;
      for (let k = 0; k < width; k++) {
        const at = start + k;
        const value =
          k < moment.vector.length
            ? (moment.vector[k]! - head.layout.mean[at]!) * head.layout.scale[at]!
            : inputs[at]!;
        part += shares[m]! * value * weights[at]!;
      }
      return evidenceOf(signal, moment, worth(part));
    });
  });
}

function evidenceOf(
  signal: Signal,
  moment: SignalEmbedding['moments'][number],
  contribution: number,
): Evidence {
  const { startSeconds, endSeconds, line, shotIndex } = moment;
  return { startSeconds, endSeconds, signal, contribution, line, shotIndex };
}
