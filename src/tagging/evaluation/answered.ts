import { sigmoid } from '../calibration.js';

/** Equal parts of 0 … 1 that probabilities are put into. */
export const BINS = 15;
const TOPS = [3, 5] as const;

/** Answers to rows beside the truth: rows × labels, row after row. */
export interface Answered {
  labels: number;
  /** Log-odds. */
  logOdds: Float32Array;
  /** 1 yes, −1 no, 0 unknown. */
  truth: Int8Array;
  /** Log-odds at and above which a label is accepted, one a label. */
  thresholds: Float64Array;
}

/** A label that was said or is true somewhere. */
interface Cells {
  row: Int32Array;
  label: Int32Array;
  said: Uint8Array;
  is: Uint8Array;
}

/** Answers sorted and counted once, so that a weighting of the rows needs one pass. */
export interface Prepared {
  rows: number;
  labels: number;
  cells: Cells;
  /** Of each label its known rows, the likeliest first. */
  ranked: Ranking[];
  /** All known answers, the likeliest first. */
  all: Ranking;
  /** The k likeliest labels of each row: rows × k. */
  tops: Int32Array[];
  positives: { row: Int32Array; label: Int32Array };
  rowF1: Float64Array;
  rowWrong: Float64Array;
  rowKnown: Float64Array;
  /** rows × BINS: Σ probability − truth. */
  gaps: Float64Array;
  /** The accepted answers, by how far they lie above their threshold. */
  accepted: Ranking;
}

export interface Ranking {
  row: Int32Array;
  is: Uint8Array;
  /** 1 where the next answer has another score. */
  ends: Uint8Array;
}

/** The likelier of two answers first, and of equals the one of the earlier row, so that the order is always the same. */
function rank(
  places: Int32Array,
  scores: Float32Array,
  truth: Int8Array,
  rowOf: (place: number) => number,
): Ranking {
  const order = places.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return {
    row: order.map(rowOf),
    is: Uint8Array.from(order, (place) => (truth[place]! > 0 ? 1 : 0)),
    ends: Uint8Array.from(order, (place, i) =>
      i + 1 === order.length || scores[order[i + 1]!] !== scores[place] ? 1 : 0,
    ),
  };
}

export function prepare({ labels, logOdds, truth, thresholds }: Answered): Prepared {
  const rows = truth.length / labels;
  const known = Int32Array.from(truth.keys()).filter((at) => truth[at] !== 0);
  const isSaid = (at: number) => logOdds[at]! >= thresholds[at % labels]!;
  const rowOf = (at: number) => Math.floor(at / labels);
  const counted = known.filter((at) => isSaid(at) || truth[at]! > 0);
  const positive = known.filter((at) => truth[at]! > 0);
  const sums = Array.from({ length: 5 }, () => new Float64Array(rows));
  const [rowKnown, rowWrong, rowAnswers, rowHits, rowPositives] = sums as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const gaps = new Float64Array(rows * BINS);
  for (const at of known) {
    const row = rowOf(at);
    const [said, is] = [isSaid(at), truth[at]! > 0];
    rowKnown[row]!++;
    if (said !== is) rowWrong[row]!++;
    if (said) rowAnswers[row]!++;
    if (is) rowPositives[row]!++;
    if (said && is) rowHits[row]!++;
    const probability = sigmoid(logOdds[at]!);
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
    gaps[row * BINS + bin] = gaps[row * BINS + bin]! + probability - (is ? 1 : 0);
  }
  return {
    ...{ rows, labels, rowKnown, rowWrong, gaps },
    cells: {
      row: counted.map(rowOf),
      label: counted.map((at) => at % labels),
      said: Uint8Array.from(counted, (at) => (isSaid(at) ? 1 : 0)),
      is: Uint8Array.from(counted, (at) => (truth[at]! > 0 ? 1 : 0)),
    },
    ranked: Array.from({ length: labels }, (_, j) =>
      rank(
        known.filter((at) => at % labels === j),
        logOdds,
        truth,
        rowOf,
      ),
    ),
    all: rank(known.slice(), logOdds, truth, rowOf),
    tops: TOPS.map((k) => topsOf(k, rows, labels, logOdds)),
    positives: { row: positive.map(rowOf), label: positive.map((at) => at % labels) },
    rowF1: rowHits.map((hits, row) => {
      const size = rowAnswers[row]! + rowPositives[row]!;
      // Nothing to find and nothing said is right.
      return size === 0 ? 1 : (2 * hits) / size;
    }),
    accepted: rank(
      known.filter(isSaid),
      logOdds.map((value, at) => value - thresholds[at % labels]!),
      truth,
      rowOf,
    ),
  };
}

function topsOf(k: number, rows: number, labels: number, scores: Float32Array): Int32Array {
  const width = Math.min(k, labels);
  const tops = new Int32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const own = scores.subarray(row * labels, (row + 1) * labels);
    const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
    tops.set(order.slice(0, width), row * width);
  }
  return tops;
}
