import { sigmoid } from '../calibration.js';
import type { UnseenAnswers } from './calibrator.js';

/** What the thresholds are set for. */
export type Aim = { kind: 'best-f1' } | { kind: 'precision'; floor: number };

/** How much micro-F1 counts beside macro-F1: docs/decisions/053-thresholds.md has the figures. */
const MICRO = 0.8;
/** Rounds of the iteration; the thresholds have settled after five or six. */
const ROUNDS = 30;
/** How far, in log-odds, a threshold lies below the least likely row where best F1 accepts them all. */
const BELOW_ALL = 1;
/** Answers that a threshold needs above it before its precision counts. */
const FEWEST_ANSWERS = 5;

/**
 * One threshold a label on log-odds, from calibrated answers to rows that the model never saw.
 *
 * Best F1: those that maximise what is to be expected of 0.8 · micro-F1 + 0.2 · macro-F1 when the probabilities are
 * right, for each group by itself. Expecting from probabilities instead of counting the few positives of a rare label is what keeps its threshold steady.
 *
 * Precision: the lowest threshold above which at least the floor's share of the answers is right; a label that never
 * gets there is never accepted (infinity).
 * @param groups of the labels, one a label
 */
export function thresholdsFor(aim: Aim, answers: UnseenAnswers, groups: readonly string[]): Float64Array {
  if (aim.kind === 'best-f1') return groupByGroup(rankings(answers), groups);
  const truth = drawTruth(answers.targets, answers.labels);
  return Float64Array.from({ length: answers.labels }, (_, j) =>
    thresholdOfPrecision(columnOf(answers, truth, j), aim.floor),
  );
}

/**
 * Targets as answers of yes (1), no (−1) and unknown (0), rows × labels. Soft targets are drawn systematically: a label's
 * probabilities are summed up row by row, and each whole number that is passed is a yes. So there are as many as the
 * probabilities say, also where none of them reaches a half, and known labels stay what they are.
 */
export function drawTruth(targets: Float32Array, labels: number): Int8Array {
  const sums = new Float64Array(labels);
  return Int8Array.from(targets, (target, at) => {
    if (Number.isNaN(target)) return 0;
    const before = Math.floor(sums[at % labels]!);
    sums[at % labels]! += target;
    return Math.floor(sums[at % labels]!) > before ? 1 : -1;
  });
}

/** A probability counts as the likelier side. */
export function truthOf(target: number): -1 | 0 | 1 {
  if (Number.isNaN(target)) return 0;
  return target >= 0.5 ? 1 : -1;
}

/** One label's known answers, the likeliest first. */
interface Ranking {
  logOdds: Float32Array;
  /** Expected positives among the first k + 1. */
  hits: Float64Array;
}

function rankings(answers: UnseenAnswers): Ranking[] {
  const truth = drawTruth(answers.targets, answers.labels);
  return Array.from({ length: answers.labels }, (_, j) => {
    const logOdds = columnOf(answers, truth, j).logOdds.sort().reverse();
    let sum = 0;
    return { logOdds, hits: Float64Array.from(logOdds, (z) => (sum += sigmoid(z))) };
  });
}

function groupByGroup(labels: readonly Ranking[], groups: readonly string[]): Float64Array {
  const thresholds = new Float64Array(labels.length);
  for (const group of new Set(groups)) {
    const own = [...labels.keys()].filter((j) => groups[j] === group);
    const found = thresholdsOfF1(own.map((j) => labels[j]!));
    own.forEach((j, k) => {
      thresholds[j] = found[k]!;
    });
  }
  return thresholds;
}

/**
 * Micro-F1 is 2·hits / size over all labels, size being answers and positives. At its best value F, a label's cut
 * maximises (2·hits − F·size) / total size beside its share of macro-F1 (Dinkelbach 1967, for the one fraction that all
 * labels share); F and the total follow from the cuts, and so on.
 */
function thresholdsOfF1(labels: readonly Ranking[]): Float64Array {
  let total = labels.reduce((sum, { hits }) => sum + 2 * (hits.at(-1) ?? 0), 0);
  let micro = 0.5;
  let cuts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const gain = ({ hits, size }: { hits: number; size: number }) =>
      (MICRO * (2 * hits - micro * size)) / total + ((1 - MICRO) * ((2 * hits) / size)) / labels.length;
    const before = cuts;
    cuts = labels.map((ranking) => bestCut(ranking, gain));
    const sums = cuts.map((cut, j) => sumsAt(labels[j]!, cut));
    total = sums.reduce((sum, { size }) => sum + size, 0);
    micro = sums.reduce((sum, { hits }) => sum + 2 * hits, 0) / total;
    if (cuts.every((cut, j) => cut === before[j])) break;
  }
  return Float64Array.from(cuts, (cut, j) => betweenCut(labels[j]!.logOdds, cut));
}

/** What accepting the first cut + 1 rows is worth: expected hits, and answers and expected positives together. */
function sumsAt({ hits }: Ranking, cut: number): { hits: number; size: number } {
  return { hits: hits[cut] ?? 0, size: cut + 1 + (hits.at(-1) ?? 0) };
}

function bestCut(ranking: Ranking, gain: (sums: { hits: number; size: number }) => number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let cut = 0; cut < ranking.hits.length; cut++) {
    const value = gain(sumsAt(ranking, cut));
    if (value <= most) continue;
    most = value;
    best = cut;
  }
  return best;
}

/**
 * Midway between the last row that is accepted and the next. Where every row is accepted, so are answers somewhat lower
 * than any that was seen.
 */
function betweenCut(logOdds: Float32Array, cut: number): number {
  const last = logOdds[cut] ?? 0;
  const next = logOdds[cut + 1];
  return next === undefined ? last - BELOW_ALL : (last + next) / 2;
}

interface Column {
  logOdds: Float32Array;
  truth: Int8Array;
}

/** One label's known answers, in the order of the rows. */
function columnOf({ labels, logits }: UnseenAnswers, truth: Int8Array, label: number): Column {
  const places = Array.from({ length: logits.length / labels }, (_, row) => row * labels + label);
  const known = places.filter((at) => truth[at] !== 0);
  return {
    logOdds: Float32Array.from(known, (at) => logits[at]!),
    truth: Int8Array.from(known, (at) => truth[at]!),
  };
}

function thresholdOfPrecision({ logOdds, truth }: Column, floor: number): number {
  const order = [...truth.keys()].sort((a, b) => logOdds[b]! - logOdds[a]!);
  let hits = 0;
  let lowest = Number.POSITIVE_INFINITY;
  order.forEach((row, rank) => {
    if (truth[row]! > 0) hits++;
    const next = order[rank + 1];
    const isTied = next !== undefined && logOdds[next] === logOdds[row];
    if (!isTied && rank + 1 >= FEWEST_ANSWERS && hits / (rank + 1) >= floor) lowest = logOdds[row]!;
  });
  return lowest;
}
