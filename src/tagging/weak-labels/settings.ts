import type { LabelModelSettings } from './label-model.js';

/**
 * What the label model expects before it sees votes. A label of a taxonomy of dozens holds for about one title in
 * ten, and a function is a little better than none; both are counted weakly enough for agreement to decide. `trust`
 * has the least log loss on the validation tenth of the synopses, moods and genres together (`npm run bench -- weak`):
 * the functions of a label share more than the label, such as the topic and the length of a text, so each of them
 * tells less than it would alone.
 */
export const LABEL_MODEL: LabelModelSettings = {
  expectedShare: 0.1,
  shareWeight: 1,
  functionWeight: 0.1,
  expectedOdds: 2,
  trust: 0.2,
};
