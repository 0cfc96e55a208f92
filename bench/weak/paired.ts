import { randomStream } from '../../src/tagging/random.js';

/** Two ways to guess one label on the same rows. */
export interface PairedLabel {
  truth: Int8Array;
  /** Probabilities, one a row; the one being tried, and the one that it is measured against. */
  tried: Float64Array;
  against: Float64Array;
  /** Thresholds for F1, tuned on other rows. */
  thresholds: { tried: number; against: number };
}

export const FIGURES = ['mAP', 'log loss', 'Brier', 'macro-F1'] as const;

export interface PairedFigure {
  figure: (typeof FIGURES)[number];
  tried: number;
  against: number;
  difference: number;
  low: number;
  high: number;
}

/**
 * Each figure as the mean over the labels, and the difference of the two ways with its 2.5 % and 97.5 % points over
 * `draws` resamples of the rows (Efron 1979). Both ways see the same resample, so that what one row is worth to both
 * cancels out; the interval is moved so that its mean is the difference itself.
 */
export function comparePaired(
  labels: readonly PairedLabel[],
  rows: number,
  { draws, seed }: { draws: number; seed: number },
): PairedFigure[] {
  const tried = labels.map(({ tried: p, truth, thresholds }) => columnOf(p, truth, thresholds.tried));
  const against = labels.map(({ against: p, truth, thresholds }) => columnOf(p, truth, thresholds.against));
  const once = new Uint8Array(rows).fill(1);
  const [first, second] = [figuresOf(tried, once), figuresOf(against, once)];
  const random = randomStream(seed);
  const differences = Array.from({ length: draws }, () => {
    const times = new Uint8Array(rows);
    for (let i = 0; i < rows; i++) times[Math.floor(random() * rows)]! += 1;
    const [a, b] = [figuresOf(tried, times), figuresOf(against, times)];
    return a.map((value, k) => value - b[k]!);
  });
  return FIGURES.map((figure, k) => {
    const difference = first[k]! - second[k]!;
    const drawn = differences.map((values) => values[k]!).sort((x, y) => x - y);
    const shift = difference - drawn.reduce((sum, value) => sum + value, 0) / draws;
    return {
      figure,
      tried: first[k]!,
      against: second[k]!,
      difference,
      low: drawn[Math.floor(0.025 * draws)]! + shift,
      high: drawn[Math.ceil(0.975 * draws) - 1]! + shift,
    };
  });
}

/** One label's rows whose truth is known, from the likeliest down, with what each adds to the figures. */
interface Column {
  rows: Int32Array;
  yes: Uint8Array;
  said: Uint8Array;
  /** Whether the next row has a lower probability. */
  ends: Uint8Array;
  loss: Float64Array;
  square: Float64Array;
}

function columnOf(p: Float64Array, truth: Int8Array, threshold: number): Column {
  const rows = Int32Array.from(truth.keys())
    .filter((i) => truth[i] !== 0)
    .sort((a, b) => p[b]! - p[a]!);
  const by = (value: (row: number, k: number) => number) => Array.from(rows, value);
  const yes = Uint8Array.from(by((i) => (truth[i]! > 0 ? 1 : 0)));
  return {
    rows,
    yes,
    said: Uint8Array.from(by((i) => (p[i]! >= threshold ? 1 : 0))),
    ends: Uint8Array.from(by((i, k) => (k + 1 < rows.length && p[rows[k + 1]!] === p[i] ? 0 : 1))),
    loss: Float64Array.from(by((i, k) => -Math.log(yes[k] ? p[i]! : 1 - p[i]!))),
    square: Float64Array.from(by((i, k) => (p[i]! - yes[k]!) ** 2)),
  };
}

/** In the order of `FIGURES`; a label that no drawn row has counts for log loss and Brier alone. */
function figuresOf(columns: readonly Column[], times: Uint8Array): number[] {
  const sums = [0, 0, 0, 0];
  let occurring = 0;
  for (const column of columns) {
    const { precision, loss, square, f1 } = figuresOfLabel(column, times);
    sums[1]! += loss;
    sums[2]! += square;
    if (precision === null) continue;
    occurring++;
    sums[0]! += precision;
    sums[3]! += f1;
  }
  return sums.map((sum, k) => sum / (k === 0 || k === 3 ? occurring : columns.length));
}

function figuresOfLabel({ rows, yes, said, ends, loss, square }: Column, times: Uint8Array) {
  let [hits, seen, tied, precision, losses, squares, answers, right] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < rows.length; k++) {
    const n = times[rows[k]!]!;
    seen += n;
    tied += n * yes[k]!;
    losses += n * loss[k]!;
    squares += n * square[k]!;
    answers += n * said[k]!;
    right += n * said[k]! * yes[k]!;
    if (!ends[k]) continue;
    hits += tied;
    if (tied > 0) precision += tied * (hits / seen);
    tied = 0;
  }
  return {
    precision: hits === 0 ? null : precision / hits,
    loss: losses / seen,
    square: squares / seen,
    f1: answers + hits === 0 ? 0 : (2 * right) / (answers + hits),
  };
}
