import type { CatalogIndex } from './catalog-index.js';
import { HighestScores } from './highest-scores.js';
import type { LabelCondition } from './label-table.js';
import { inOrder, type Neighbour } from './vector-index.js';

/**
 * The titles that fit the condition, those first that have its labels most surely and little else; none without
 * labels to include.
 * @param after the list goes on behind this one
 */
export function byLabels(
  index: CatalogIndex,
  condition: LabelCondition,
  limit: number,
  after: Neighbour | null,
): Neighbour[] {
  if (condition.include.length === 0) return [];
  const { labels, numbers } = index;
  const highest = new HighestScores(limit);
  const found: Neighbour[] = [];
  for (let row = 0; row < numbers.count; row++) {
    if (!labels.fits(row, condition)) continue;
    const score = Math.round(scoreOf(index, row, condition) * 1e6) / 1e6;
    const neighbour = { id: numbers.idOf(row), score };
    if (score < highest.lowest || (after && inOrder(after, neighbour) >= 0)) continue;
    highest.offer(score);
    found.push(neighbour);
  }
  return found
    .filter(({ score }) => score >= highest.lowest)
    .sort(inOrder)
    .slice(0, limit);
}

/** Product of the likeliest alternatives' probabilities · length of their part in the title's tag vector. */
function scoreOf({ labels }: CatalogIndex, row: number, { include }: LabelCondition): number {
  let likely = 1;
  let focus = 0;
  for (const alternatives of include) {
    let best = alternatives[0]!;
    for (const label of alternatives)
      if (labels.probability(row, label) > labels.probability(row, best)) best = label;
    likely *= labels.probability(row, best);
    focus += labels.weight(row, best) ** 2;
  }
  return likely * Math.sqrt(focus);
}
