import type { TrainingRow } from '../training-row.js';
import type { WeakLabel } from './weak-labels.js';

const DIGITS = 4;

/**
 * Probabilities by group and label id for each row, to train from. A group that the row's own labels know is left
 * out: what is known needs no guess.
 */
export function softLabels(rows: readonly TrainingRow[], weak: readonly WeakLabel[]): TrainingRow['soft'][] {
  return rows.map(({ labels: given }, i) => {
    const soft: TrainingRow['soft'] = {};
    for (const { ballot, probabilities } of weak) {
      const group = ballot.label.slice(0, ballot.label.indexOf('/'));
      if (group in given) continue;
      soft[group] ??= {};
      soft[group][ballot.label] = Number(probabilities[i]!.toFixed(DIGITS));
    }
    return soft;
  });
}
