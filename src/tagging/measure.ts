import { bestThreshold } from './best-threshold.js';
import { randomStream } from './random.js';

/** Answers and truth of many rows: rows × labels, row after row; truth 1 yes, −1 no, 0 unknown. */
export interface Scored {
  labels: number;
  scores: Float32Array;
  truth: Int8Array;
}

/** Area under the precision–recall curve, as the sum over its steps; null without positives. */
export function averagePrecision(scores: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  const order = Array.from({ length: scores.length }, (_, i) => i)
    .filter((i) => truth[i] !== 0)
    .sort((a, b) => scores[b]! - scores[a]!);
  let hits = 0;
  let sum = 0;
  let seen = 0;
  let tiedFrom = 0;
  for (let i = 0; i < order.length; i++) {
    if (i + 1 < order.length && scores[order[i + 1]!] === scores[order[i]!]) continue;
    let tiedHits = 0;
    for (let k = tiedFrom; k <= i; k++) if (truth[order[k]!]! > 0) tiedHits++;
    hits += tiedHits;
    seen = i + 1;
    sum += tiedHits * (hits / seen);
    tiedFrom = i + 1;
  }
  return hits === 0 ? null : sum / hits;
}

/** Mean of the labels' average precisions over the labels that occur. */
export function meanAveragePrecision(scored: Scored): number {
  const values = columns(scored)
    .map(({ scores, truth }) => averagePrecision(scores, truth))
    .filter((value) => value !== null);
  return mean(values);
}

/** Micro- and macro-F1 at one threshold a label; macro over the labels that occur. */
export function f1(scored: Scored, thresholds: ArrayLike<number>): { micro: number; macro: number } {
  let hits = 0;
  let answers = 0;
  let positives = 0;
  const perLabel: number[] = [];
  for (const [j, { scores, truth }] of columns(scored).entries()) {
    const count = countAt(scores, truth, thresholds[j]!);
    hits += count.hits;
    answers += count.answers;
    positives += count.positives;
    if (count.positives > 0) perLabel.push(harmonic(count.hits, count.answers, count.positives));
  }
  return { micro: harmonic(hits, answers, positives), macro: mean(perLabel) };
}

/**
 * F1 with thresholds tuned on one half of the rows (every other one) and applied to the other, both ways, averaged:
 * `one` for all labels, or `each` its own.
 */
export function crossTunedF1(scored: Scored, thresholds: 'one' | 'each'): { micro: number; macro: number } {
  const halves = [everyOther(scored, 0), everyOther(scored, 1)] as const;
  const tuned = halves.map((half) => {
    if (thresholds === 'each') return columns(half).map(({ scores, truth }) => bestThreshold(scores, truth));
    return new Array<number>(scored.labels).fill(bestThreshold(half.scores, half.truth));
  });
  const first = f1(halves[0], tuned[1]!);
  const second = f1(halves[1], tuned[0]!);
  return { micro: (first.micro + second.micro) / 2, macro: (first.macro + second.macro) / 2 };
}

function everyOther(scored: Scored, from: number): Scored {
  const rows = scored.truth.length / scored.labels;
  const chosen: number[] = [];
  for (let i = from; i < rows; i += 2) chosen.push(i);
  return {
    labels: scored.labels,
    scores: Float32Array.from(
      chosen.flatMap((i) => [...scored.scores.subarray(i * scored.labels, (i + 1) * scored.labels)]),
    ),
    truth: Int8Array.from(
      chosen.flatMap((i) => [...scored.truth.subarray(i * scored.labels, (i + 1) * scored.labels)]),
    ),
  };
}

/** The given labels alone. */
export function someColumns(scored: Scored, places: readonly number[]): Scored {
  const rows = scored.truth.length / scored.labels;
  const at = Array.from({ length: rows }, (_, i) => places.map((j) => i * scored.labels + j)).flat();
  return {
    labels: places.length,
    scores: Float32Array.from(at, (i) => scored.scores[i]!),
    truth: Int8Array.from(at, (i) => scored.truth[i]!),
  };
}

function countAt(scores: Float32Array, truth: Int8Array, threshold: number) {
  let hits = 0;
  let answers = 0;
  let positives = 0;
  for (let i = 0; i < scores.length; i++) {
    if (truth[i] === 0) continue;
    const said = scores[i]! >= threshold;
    const is = truth[i]! > 0;
    if (said) answers++;
    if (is) positives++;
    if (said && is) hits++;
  }
  return { hits, answers, positives };
}

function harmonic(hits: number, answers: number, positives: number): number {
  return answers + positives === 0 ? 0 : (2 * hits) / (answers + positives);
}

export function columns(scored: Scored): { scores: Float32Array; truth: Int8Array }[] {
  const rows = scored.truth.length / scored.labels;
  return Array.from({ length: scored.labels }, (_, j) => ({
    scores: Float32Array.from({ length: rows }, (_, i) => scored.scores[i * scored.labels + j]!),
    truth: Int8Array.from({ length: rows }, (_, i) => scored.truth[i * scored.labels + j]!),
  }));
}

/**
 * The 2.5 % and 97.5 % points of `figure` over `draws` resamples of the rows with replacement (Efron 1979), moved
 * so that their mean is the figure itself: rows that occur twice make rare labels look easier than they are.
 */
export function bootstrap(
  scored: Scored,
  figure: (resampled: Scored) => number,
  options: { draws: number; seed: number },
): [low: number, high: number] {
  const random = randomStream(options.seed);
  const rows = scored.truth.length / scored.labels;
  const values: number[] = [];
  for (let draw = 0; draw < options.draws; draw++) {
    const scores = new Float32Array(scored.scores.length);
    const truth = new Int8Array(scored.truth.length);
    for (let i = 0; i < rows; i++) {
      const from = Math.floor(random() * rows) * scored.labels;
      scores.set(scored.scores.subarray(from, from + scored.labels), i * scored.labels);
      truth.set(scored.truth.subarray(from, from + scored.labels), i * scored.labels);
    }
    values.push(figure({ labels: scored.labels, scores, truth }));
  }
  return percentiles(values, figure(scored));
}

/** The 2.5 % and 97.5 % points of what resamples gave, moved so that their mean is `value`. */
export function percentiles(drawn: readonly number[], value: number): [low: number, high: number] {
  const sorted = Float64Array.from(drawn).sort();
  const shift = value - mean(drawn);
  return [
    sorted[Math.floor(0.025 * sorted.length)]! + shift,
    sorted[Math.ceil(0.975 * sorted.length) - 1]! + shift,
  ];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
