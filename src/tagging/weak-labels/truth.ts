import { spaceOfTaxonomy, targetsOf } from '../label-space.js';
import { type LabelMapping, labelsOf, type Taxonomy } from '../taxonomy.js';
import type { TrainingRow } from '../training-row.js';

/**
 * What the rows' own labels say of each label of the taxonomy, to measure functions by: 1 it has it, −1 it has not, 0
 * unknown; rows × labels. A mood or theme of a row that does not know its group is decided by its tags, where some tag
 * stands for the label, and never by its genres: they are what a labelling function reads.
 */
export function truthOf(
  rows: readonly TrainingRow[],
  taxonomy: Taxonomy,
  mapping: LabelMapping | null,
): Int8Array {
  const labels = labelsOf(taxonomy);
  const hard = rows.map((row) => ({ ...row, soft: {} }));
  const { values } = targetsOf(hard, spaceOfTaxonomy(taxonomy, mapping));
  const tags = labels.map(({ id }) =>
    id.startsWith('genre/')
      ? []
      : Object.keys(mapping?.tag ?? {}).filter((name) => mapping!.tag[name]!.includes(id)),
  );
  return Int8Array.from(values, (value, at) => {
    if (!Number.isNaN(value)) return value > 0 ? 1 : -1;
    const { tag } = rows[Math.floor(at / labels.length)]!.labels;
    const standing = tags[at % labels.length]!;
    if (!tag || standing.length === 0) return 0;
    return standing.some((name) => tag.includes(name)) ? 1 : -1;
  });
}
