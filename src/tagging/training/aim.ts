import { bestThreshold } from '../thresholds.js';
import type { UnseenAnswers } from './calibrator.js';

/** What the thresholds are set for. */
export type Aim = { kind: 'best-f1' } | { kind: 'precision'; floor: number };

/** Positives at which a label's own threshold counts as much as the shared one: the candidates. */
const SHRINKAGES = [10, 30, 100, 300, 1000];
/** Answers that a threshold needs above it before its precision counts. */
const FEWEST_ANSWERS = 5;

/**
 * One threshold a label on log-odds, from answers to rows that the model never saw (their `logits` calibrated).
 *
 * Best F1: the label's own best threshold, drawn towards the one that is best for all labels together where positives
 * are few. How strongly is chosen by the mean of micro- and macro-F1 with thresholds of the other folds, so that
 * neither the many answers of frequent labels nor the rare labels decide alone.
 *
 * Precision: the lowest threshold above which at least the floor's share of the answers is right; a label that never
 * gets there is never accepted (infinity).
 */
export function thresholdsFor(aim: Aim, answers: UnseenAnswers): Float64Array {
  const columns = columnsOf(answers);
  if (aim.kind === 'precision')
    return Float64Array.from(columns, (column) => thresholdOfPrecision(column, aim.floor));
  return shrunk(columns, chooseShrinkage(columns, answers.folds));
}

interface Column {
  scores: Float32Array;
  /** 1 yes, −1 no, 0 unknown. */
  truth: Int8Array;
  positives: number;
}

function columnsOf({ labels, logits, targets }: UnseenAnswers): Column[] {
  const rows = logits.length / labels;
  const drawn = drawTruth(targets, labels);
  return Array.from({ length: labels }, (_, j) => {
    const truth = Int8Array.from({ length: rows }, (_, i) => drawn[i * labels + j]!);
    const scores = Float32Array.from({ length: rows }, (_, i) => logits[i * labels + j]!);
    return { scores, truth, positives: truth.reduce((n, value) => n + (value > 0 ? 1 : 0), 0) };
  });
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

function shrunk(columns: readonly Column[], shrinkage: number): Float64Array {
  return blend(columns, bestOfEach(columns), shrinkage);
}

function bestOfEach(columns: readonly Column[]): { shared: number; own: number[] } {
  return {
    shared: finite(
      bestThreshold(
        columns.flatMap(({ scores }) => [...scores]),
        columns.flatMap(({ truth }) => [...truth]),
      ),
    ),
    own: columns.map(({ scores, truth }) => finite(bestThreshold(scores, truth))),
  };
}

function blend(
  columns: readonly Column[],
  { shared, own }: ReturnType<typeof bestOfEach>,
  shrinkage: number,
): Float64Array {
  return Float64Array.from(columns, ({ positives }, j) =>
    positives === 0 ? shared : (positives * own[j]! + shrinkage * shared) / (positives + shrinkage),
  );
}

/** Without a positive no threshold is best. */
const finite = (threshold: number) => (Number.isFinite(threshold) ? threshold : 0);

function chooseShrinkage(columns: readonly Column[], folds: Uint8Array): number {
  const counts = SHRINKAGES.map(() => columns.map(() => ({ hits: 0, answers: 0, positives: 0 })));
  for (const fold of new Set(folds)) {
    const others = columns.map((column) => onRows(column, (row) => folds[row] !== fold));
    const found = bestOfEach(others);
    SHRINKAGES.forEach((shrinkage, k) => {
      const thresholds = blend(others, found, shrinkage);
      columns.forEach(({ scores, truth }, j) => {
        const count = counts[k]![j]!;
        truth.forEach((value, row) => {
          if (value === 0 || folds[row] !== fold) return;
          const said = scores[row]! >= thresholds[j]!;
          if (said) count.answers++;
          if (value > 0) count.positives++;
          if (said && value > 0) count.hits++;
        });
      });
    });
  }
  const scores = counts.map(microAndMacro);
  return SHRINKAGES[scores.indexOf(Math.max(...scores))]!;
}

function onRows({ scores, truth }: Column, wanted: (row: number) => boolean): Column {
  const kept = truth.map((value, row) => (wanted(row) ? value : 0));
  return { scores, truth: kept, positives: kept.reduce((n, value) => n + (value > 0 ? 1 : 0), 0) };
}

function microAndMacro(counts: { hits: number; answers: number; positives: number }[]): number {
  const f1 = ({ hits, answers, positives }: (typeof counts)[number]) =>
    answers + positives === 0 ? 0 : (2 * hits) / (answers + positives);
  const all = counts.reduce(
    (sum, count) => ({
      hits: sum.hits + count.hits,
      answers: sum.answers + count.answers,
      positives: sum.positives + count.positives,
    }),
    { hits: 0, answers: 0, positives: 0 },
  );
  const occurring = counts.filter(({ positives }) => positives > 0);
  const macro = occurring.reduce((sum, count) => sum + f1(count), 0) / Math.max(1, occurring.length);
  return (f1(all) + macro) / 2;
}

function thresholdOfPrecision({ scores, truth }: Column, floor: number): number {
  const order = [...truth.keys()].filter((i) => truth[i] !== 0).sort((a, b) => scores[b]! - scores[a]!);
  let hits = 0;
  let lowest = Number.POSITIVE_INFINITY;
  order.forEach((row, rank) => {
    if (truth[row]! > 0) hits++;
    const next = order[rank + 1];
    const isTied = next !== undefined && scores[next] === scores[row];
    if (!isTied && rank + 1 >= FEWEST_ANSWERS && hits / (rank + 1) >= floor) lowest = scores[row]!;
  });
  return lowest;
}
