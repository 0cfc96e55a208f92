import { BINS, type Prepared, type Ranking } from './answered.js';

/** The figures of a set of labels, by the names that reports use. */
export const METRICS = [
  'microF1',
  'macroF1',
  'samplesF1',
  'mAP',
  'microAP',
  'hammingLoss',
  'ece',
  'tagRecallAt3',
  'tagsLearnedAt3',
  'tagRecallAt5',
  'tagsLearnedAt5',
] as const;
export type Metric = (typeof METRICS)[number];

export const LABEL_METRICS = ['precision', 'recall', 'f1', 'averagePrecision'] as const;
export type LabelMetric = (typeof LABEL_METRICS)[number];

/** Shares of the accepted answers, the surest first, of which the risk is told. */
export const COVERAGES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** All figures of one weighting of the rows. What cannot be told (no positive, no answer) is NaN. */
export interface FigureSet {
  metrics: Record<Metric, number>;
  /** One a label. */
  perLabel: Record<LabelMetric, Float64Array>;
  /** One a coverage: the share of wrong ones among those accepted answers. */
  risk: Float64Array;
}

/** The figures when row i counts `weights[i]` times. */
export function figuresOf(prepared: Prepared, weights: Float64Array): FigureSet {
  const { labels, rows } = prepared;
  const counts = countCells(prepared, weights);
  const perLabel = labelFigures(prepared, counts, weights);
  const total = { hits: sum(counts.hits), answers: sum(counts.answers), positives: sum(counts.positives) };
  const occurs = (_: number, j: number) => counts.positives[j]! > 0;
  const known = weighted(prepared.rowKnown, weights);
  const judged = weights.map((weight, row) => (prepared.rowKnown[row]! > 0 ? weight : 0));
  const [three, five] = prepared.tops.map((tops) => topFigures(tops, prepared, weights, counts.positives));
  return {
    metrics: {
      microF1: harmonic(total.hits, total.answers, total.positives),
      macroF1: mean(perLabel.f1.filter(occurs)),
      samplesF1: weighted(prepared.rowF1, judged) / sum(judged),
      mAP: mean(perLabel.averagePrecision.filter(occurs)),
      microAP: rankedPrecision(prepared.all, weights),
      hammingLoss: weighted(prepared.rowWrong, weights) / known,
      ece: gapOf(prepared.gaps, rows, weights) / known,
      tagRecallAt3: three!.recall,
      tagsLearnedAt3: three!.learned,
      tagRecallAt5: five!.recall,
      tagsLearnedAt5: five!.learned,
    },
    perLabel,
    risk: riskOf(prepared, weights),
  };

  function topFigures(
    tops: Int32Array,
    { positives }: Prepared,
    weight: Float64Array,
    support: Float64Array,
  ) {
    const width = tops.length / rows;
    const named = new Uint8Array(labels);
    for (let row = 0; row < rows; row++) {
      if (weight[row] === 0) continue;
      for (let k = 0; k < width; k++) named[tops[row * width + k]!] = 1;
    }
    const hits = new Float64Array(labels);
    positives.row.forEach((row, i) => {
      const label = positives.label[i]!;
      for (let k = 0; k < width; k++) {
        if (tops[row * width + k] === label) hits[label] = hits[label]! + weight[row]!;
      }
    });
    const recalls = hits.map((n, j) => n / support[j]!).filter(occurs);
    return { recall: mean(recalls), learned: sum(named) };
  }
}

interface Counts {
  hits: Float64Array;
  answers: Float64Array;
  positives: Float64Array;
}

function countCells({ cells, labels }: Prepared, weights: Float64Array): Counts {
  const counts = {
    hits: new Float64Array(labels),
    answers: new Float64Array(labels),
    positives: new Float64Array(labels),
  };
  for (let i = 0; i < cells.row.length; i++) {
    const weight = weights[cells.row[i]!]!;
    const label = cells.label[i]!;
    if (cells.said[i]) counts.answers[label] = counts.answers[label]! + weight;
    if (cells.is[i]) counts.positives[label] = counts.positives[label]! + weight;
    if (cells.said[i] && cells.is[i]) counts.hits[label] = counts.hits[label]! + weight;
  }
  return counts;
}

function labelFigures({ ranked }: Prepared, counts: Counts, weights: Float64Array): FigureSet['perLabel'] {
  return {
    precision: counts.hits.map((hits, j) => hits / counts.answers[j]!),
    recall: counts.hits.map((hits, j) => hits / counts.positives[j]!),
    f1: counts.hits.map((hits, j) => harmonic(hits, counts.answers[j]!, counts.positives[j]!)),
    averagePrecision: Float64Array.from(ranked, (ranking) => rankedPrecision(ranking, weights)),
  };
}

/** Average precision (`measure.ts`) of what is ranked already; equal scores count as one step. NaN without positives. */
function rankedPrecision({ row, is, ends }: Ranking, weights: Float64Array): number {
  let hits = 0;
  let seen = 0;
  let tied = 0;
  let area = 0;
  for (let i = 0; i < row.length; i++) {
    const weight = weights[row[i]!]!;
    seen += weight;
    if (is[i]) tied += weight;
    if (!ends[i] || tied === 0) continue;
    hits += tied;
    area += tied * (hits / seen);
    tied = 0;
  }
  return hits === 0 ? Number.NaN : area / hits;
}

/** Σ over the bins of |Σ probability − truth|: the expected calibration error times the number of answers. */
function gapOf(gaps: Float64Array, rows: number, weights: Float64Array): number {
  const bins = new Float64Array(BINS);
  for (let row = 0; row < rows; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    for (let bin = 0; bin < BINS; bin++) bins[bin] = bins[bin]! + weight * gaps[row * BINS + bin]!;
  }
  return sum(bins.map(Math.abs));
}

/** Of the accepted answers, the surest first, the share that is wrong. */
function riskOf({ accepted }: Prepared, weights: Float64Array): Float64Array {
  let total = 0;
  for (const row of accepted.row) total += weights[row]!;
  const risk = new Float64Array(COVERAGES.length).fill(Number.NaN);
  let covered = 0;
  let hits = 0;
  let next = 0;
  for (let i = 0; i < accepted.row.length && total > 0; i++) {
    const weight = weights[accepted.row[i]!]!;
    covered += weight;
    if (accepted.is[i]) hits += weight;
    for (; next < COVERAGES.length && covered >= COVERAGES[next]! * total - 1e-9; next++)
      risk[next] = 1 - hits / covered;
  }
  return risk;
}

function harmonic(hits: number, answers: number, positives: number): number {
  return answers + positives === 0 ? 0 : (2 * hits) / (answers + positives);
}

function weighted(values: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * weights[i]!;
  return total;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

const mean = (values: ArrayLike<number>) => (values.length === 0 ? Number.NaN : sum(values) / values.length);
