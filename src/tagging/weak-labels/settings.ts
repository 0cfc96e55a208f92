import type { LabelModelSettings } from './label-model.js';

/**
 * What the label model expects before it sees votes. A label of a taxonomy of dozens holds for about one title in
 * ten. `trust` and `functionWeight` were chosen on the validation tenth of labelled synopses (docs/weak-labels.md):
 * the functions of a label share more than the label, such as the length of a text and its topic, so that their
 * evidence counts in part.
 */
export const LABEL_MODEL: LabelModelSettings = {
  expectedShare: 0.1,
  shareWeight: 1,
  functionWeight: 0.1,
  expectedOdds: 2,
  trust: 0.4,
};
