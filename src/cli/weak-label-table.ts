import type { FunctionLine, LabelLines } from '../tagging/weak-labels/functions-table.js';

/** The functions of each label as a table for people. */
export function formatLabels({ rows, labels }: { rows: number; labels: readonly LabelLines[] }): string {
  const lines = [
    `${rows} rows. Shares are of all rows; accuracy is the share of a function's votes that are right.`,
    '',
    `${'label, function'.padEnd(30)}${['coverage', 'overlap', 'conflict', 'accuracy', 'measured'].map((word) => word.padStart(10)).join('')}`,
  ];
  for (const label of labels) {
    lines.push('', formatLabel(label), ...label.functions.map(formatFunction));
  }
  return `${lines.join('\n')}\n`;
}

function formatLabel({ label, coverage, overlap, conflict, share, measuredShare }: LabelLines): string {
  const measured = measuredShare === null ? '' : `, ${percent(measuredShare).trim()} of the labelled`;
  return `${label.padEnd(30)}${[coverage, overlap, conflict].map(percent).join('')}  held by ${percent(share).trim()} of rows${measured}`;
}

function formatFunction({ name, coverage, overlap, conflict, accuracy, measured }: FunctionLine): string {
  const checked = measured ? percent(measured.accuracy) : '–'.padStart(10);
  return `  ${name.padEnd(28)}${[coverage, overlap, conflict, accuracy].map(percent).join('')}${checked}`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(10);
