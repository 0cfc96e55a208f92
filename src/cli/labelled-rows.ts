import { Failure } from '../failure.js';
import { isValidation } from '../tagging/corpus.js';
import { readTrainingRows, type TrainingRow } from '../tagging/training-row.js';

/** Which rows are meant: all, or one side of a fixed split by id, a tenth of which is for validation. */
export type Split = 'all' | 'training' | 'validation';
const SPLITS: readonly Split[] = ['all', 'training', 'validation'];

/** @throws Failure BAD_INPUT */
export function parseSplit(text: string | undefined): Split {
  const split = SPLITS.find((known) => known === (text ?? 'all'));
  if (split) return split;
  throw new Failure('BAD_INPUT', `--split is training or validation, not ${text}.`);
}

/** @throws Failure of `readTrainingRows`; BAD_INPUT when there are no rows */
export async function readLabelledRows(
  files: readonly string[],
  split: Split = 'all',
  signal?: AbortSignal,
): Promise<TrainingRow[]> {
  const rows: TrainingRow[] = [];
  for await (const row of readTrainingRows(files, signal)) {
    if (split === 'all' || isValidation(row.id) === (split === 'validation')) rows.push(row);
  }
  if (rows.length > 0) return rows;
  const which = split === 'all' ? 'no rows' : `no rows of the ${split} split`;
  throw new Failure('BAD_INPUT', `There are ${which} in ${files.join(', ')}.`);
}
