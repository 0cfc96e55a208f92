import { randomStream } from '../../src/tagging/random.js';

/** One way to guess one label: its probability for each row, and what it says of each at a threshold of its own and at
 * the one that all labels share. */
export interface Guess {
  p: Float64Array;
  saysByOwn: Uint8Array;
  saysByShared: Uint8Array;
}

/** Two ways to guess one label on the same rows: the one being tried, and the one that it is measured against. */
export interface PairedLabel {
  truth: Int8Array;
  tried: Guess;
  against: Guess;
}

const FIGURES = [
  'mAP',
  'log loss',
  'Brier',
  'macro-F1, a threshold a label',
  'macro-F1, one threshold',
  'micro-F1, one threshold',
] as const;

export interface PairedFigure {
  figure: (typeof FIGURES)[number];
  tried: number;
  against: number;
  difference: number;
  low: number;
  high: number;
}

/**
 * Each figure over the labels, and the difference of the two ways with its 2.5 % and 97.5 % points over `draws`
 * resamples of the rows (Efron 1979). Both ways see the same resample, so that what one row is worth to both cancels
 * out; the interval is moved so that its mean is the difference itself.
 */
export function comparePaired(
  labels: readonly PairedLabel[],
  rows: number,
  { draws, seed }: { draws: number; seed: number },
): PairedFigure[] {
  const tried = labels.map(({ tried: guess, truth }) => columnOf(guess, truth));
  const against = labels.map(({ against: guess, truth }) => columnOf(guess, truth));
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
  own: Uint8Array;
  shared: Uint8Array;
  /** Whether the next row has a lower probability. */
  ends: Uint8Array;
  loss: Float64Array;
  square: Float64Array;
}

function columnOf({ p, saysByOwn, saysByShared }: Guess, truth: Int8Array): Column {
  const rows = Int32Array.from(truth.keys())
    .filter((i) => truth[i] !== 0)
    .sort((a, b) => p[b]! - p[a]!);
  const by = (value: (row: number, k: number) => number) => Array.from(rows, value);
  const yes = Uint8Array.from(by((i) => (truth[i]! > 0 ? 1 : 0)));
  return {
    rows,
    yes,
    own: Uint8Array.from(by((i) => saysByOwn[i]!)),
    shared: Uint8Array.from(by((i) => saysByShared[i]!)),
    ends: Uint8Array.from(by((i, k) => (k + 1 < rows.length && p[rows[k + 1]!] === p[i] ? 0 : 1))),
    loss: Float64Array.from(by((i, k) => -Math.log(yes[k] ? p[i]! : 1 - p[i]!))),
    square: Float64Array.from(by((i, k) => (p[i]! - yes[k]!) ** 2)),
  };
}

/** In the order of `FIGURES`; a label that no drawn row has counts for log loss, Brier and micro-F1 alone. */
function figuresOf(columns: readonly Column[], times: Uint8Array): number[] {
  const sums = columns.map((column) => sumsOf(column, times));
  const occurring = sums.filter(({ hits }) => hits > 0);
  const total = (key: 'right' | 'answers' | 'hits') => sums.reduce((sum, label) => sum + label[key], 0);
  return [
    mean(occurring.map(({ precision, hits }) => precision / hits)),
    mean(sums.map(({ losses, seen }) => losses / seen)),
    mean(sums.map(({ squares, seen }) => squares / seen)),
    mean(occurring.map(({ ownRight, ownAnswers, hits }) => (2 * ownRight) / (ownAnswers + hits))),
    mean(occurring.map(({ right, answers, hits }) => (2 * right) / (answers + hits))),
    (2 * total('right')) / (total('answers') + total('hits')),
  ];
}

function sumsOf({ rows, yes, own, shared, ends, loss, square }: Column, times: Uint8Array) {
  let [hits, seen, tied, precision, losses, squares] = [0, 0, 0, 0, 0, 0];
  let [ownAnswers, ownRight, answers, right] = [0, 0, 0, 0];
  for (let k = 0; k < rows.length; k++) {
    const n = times[rows[k]!]!;
    const labelled = n * yes[k]!;
    seen += n;
    tied += labelled;
    losses += n * loss[k]!;
    squares += n * square[k]!;
    ownAnswers += n * own[k]!;
    ownRight += labelled * own[k]!;
    answers += n * shared[k]!;
    right += labelled * shared[k]!;
    if (!ends[k]) continue;
    hits += tied;
    if (tied > 0) precision += tied * (hits / seen);
    tied = 0;
  }
  return { hits, seen, precision, losses, squares, ownAnswers, ownRight, answers, right };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
