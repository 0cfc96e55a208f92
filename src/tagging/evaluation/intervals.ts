import { percentiles } from '../measure.js';
import { randomStream } from '../random.js';
import { type Answered, prepare } from './answered.js';
import {
  COVERAGES,
  type FigureSet,
  figuresOf,
  LABEL_METRICS,
  type LabelMetric,
  METRICS,
  type Metric,
} from './figures.js';

/** A figure with its 95 % interval; null: it cannot be told, for there is no such answer or label. */
export interface Figure {
  value: number | null;
  low: number | null;
  high: number | null;
}

export type Metrics = Record<Metric, Figure>;

export interface LabelFigures extends Record<LabelMetric, Figure> {
  /** Rows that have the label, and rows of which it is known. */
  support: number;
  known: number;
  /** Rows for which it was accepted. */
  answers: number;
}

export interface Measured {
  metrics: Metrics;
  /** One a label. */
  perLabel: LabelFigures[];
  /** The surest share of the accepted answers, and how many of them are wrong. */
  coverageRisk: { coverage: number; risk: Figure }[];
}

/**
 * All figures with 95 % intervals from `draws` resamples of the rows with replacement (Efron 1979). The answers are
 * sorted once; a resample is a weight a row: 1,000 draws of 3,000 rows × 71 labels take seconds.
 * @param seed the same one resamples the same rows, so that figures of several models can be compared
 */
export function measure(answered: Answered, { draws, seed }: { draws: number; seed: number }): Measured {
  const prepared = prepare(answered);
  const { rows, labels } = prepared;
  const whole = figuresOf(prepared, new Float64Array(rows).fill(1));
  const random = randomStream(seed);
  const drawn: FigureSet[] = [];
  for (let draw = 0; draw < draws && rows > 0; draw++) {
    const weights = new Float64Array(rows);
    for (let i = 0; i < rows; i++) weights[Math.floor(random() * rows)]!++;
    drawn.push(figuresOf(prepared, weights));
  }
  const figure = (of: (set: FigureSet) => number) => figureOf(of(whole), drawn.map(of));
  const support = (is: (truth: number) => boolean, j: number) =>
    answered.truth.reduce((n, truth, at) => n + (at % labels === j && is(truth) ? 1 : 0), 0);
  const accepted = new Float64Array(labels);
  prepared.cells.label.forEach((label, i) => {
    if (prepared.cells.said[i]) accepted[label]!++;
  });
  return {
    metrics: record(METRICS, (metric) => figure(({ metrics }) => metrics[metric])),
    perLabel: Array.from({ length: labels }, (_, j) => ({
      support: support((truth) => truth > 0, j),
      known: support((truth) => truth !== 0, j),
      answers: accepted[j]!,
      ...record(LABEL_METRICS, (metric) => figure(({ perLabel }) => perLabel[metric][j]!)),
    })),
    coverageRisk: COVERAGES.map((coverage, k) => ({ coverage, risk: figure(({ risk }) => risk[k]!) })),
  };
}

function figureOf(value: number, drawn: readonly number[]): Figure {
  const told = drawn.filter((one) => !Number.isNaN(one));
  if (Number.isNaN(value) || told.length === 0)
    return { value: Number.isNaN(value) ? null : value, low: null, high: null };
  const [low, high] = percentiles(told, value);
  // Moving an interval must not push a share beyond what a share can be.
  return { value, low: Math.max(0, low), high: value <= 1 ? Math.min(1, high) : high };
}

function record<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}
