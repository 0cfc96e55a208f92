import type { LinearModel, Targets } from './logistic.js';
import type { SparseRows } from './sparse.js';

export interface BayesOptions {
  /** Added to every term's share of all weights, on either side of a label: a term without rows says nothing. */
  smoothing: number;
}

/**
 * Multinomial naive Bayes over weighted rows, one label against its absence (Rennie et al. 2003 count tf·idf so, too):
 * a term's weight is ln p(term | has the label) − ln p(term | lacks it), with each p the term's share of all weights
 * on that side. The prior is left out: the biases are zero. Each term speaks for itself here, whichever others
 * stand beside it, which is what a few words out of an unlike text need.
 * @param targets rows × labels, see `trainLogistic`
 */
export function trainBayes(
  rows: SparseRows,
  targets: Targets,
  importance: Float32Array,
  { smoothing }: BayesOptions,
): LinearModel {
  const labels = targets.length / rows.rows;
  const yes = new Float64Array(rows.columns * labels);
  const no = new Float64Array(rows.columns * labels);
  for (let i = 0; i < rows.rows; i++) {
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) {
      const to = rows.terms[e]! * labels;
      const weight = rows.weights[e]! * importance[i]!;
      for (let j = 0; j < labels; j++) {
        const y = targets[i * labels + j]!;
        if (y === 0) continue;
        yes[to + j] = yes[to + j]! + (weight * (1 + y)) / 2;
        no[to + j] = no[to + j]! + (weight * (1 - y)) / 2;
      }
    }
  }
  const [allYes, allNo] = [totals(yes, labels), totals(no, labels)];
  const share = (sum: number, all: number) => (all > 0 ? sum / all : 0) + smoothing;
  const weights = Float32Array.from(yes, (sum, at) => {
    const j = at % labels;
    return Math.log(share(sum, allYes[j]!) / share(no[at]!, allNo[j]!));
  });
  return { labels, weights, bias: new Float32Array(labels) };
}

/** Of each label, over the terms. */
function totals(sums: Float64Array, labels: number): Float64Array {
  const out = new Float64Array(labels);
  sums.forEach((value, at) => {
    out[at % labels] = out[at % labels]! + value;
  });
  return out;
}
