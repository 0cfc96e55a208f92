import { Failure } from '../../failure.js';
import type { Evaluation, GroupEvaluation } from './evaluate.js';
import type { Metric } from './figures.js';
import type { Figure } from './intervals.js';

const BEGIN = '<!-- figures of ';
const END = '<!-- end of the figures -->';

/** The metrics of the card's tables, by their headings. */
const COLUMNS: readonly [heading: string, metric: Metric][] = [
  ['micro-F1', 'microF1'],
  ['macro-F1', 'macroF1'],
  ['mAP', 'mAP'],
  ['ECE', 'ece'],
];

/**
 * The card with its figures written anew, between the two marks that it has for them.
 * @param told how the rows are called, and the command that measured them
 * @throws Failure BAD_INPUT when the card has no place for figures
 */
export function writeFigures(
  card: string,
  evaluation: Evaluation,
  told: { rows: string; command: string },
): string {
  const { from, to } = placeOfFigures(card);
  return card.slice(0, from) + figuresBlock(evaluation, told) + card.slice(to);
}

/** Where a card's figures stand. @throws Failure BAD_INPUT when it has no place for them */
export function placeOfFigures(card: string): { from: number; to: number } {
  const from = card.indexOf(BEGIN);
  const to = card.indexOf(END);
  if (from >= 0 && to >= from) return { from, to };
  throw new Failure(
    'BAD_INPUT',
    `The card has no place for figures: write a line "${BEGIN}-->" and below it "${END}".`,
  );
}

/** The classifier whose figures a card carries; null where it carries none. */
export function classifierOfCard(card: string): string | null {
  return /<!-- figures of (\S+) -->/.exec(card)?.[1] ?? null;
}

function figuresBlock(evaluation: Evaluation, { rows, command }: { rows: string; command: string }): string {
  const { classifier, draws, groups } = evaluation;
  const sections = Object.keys(groups).length > 1 ? [['all groups together', evaluation] as const] : [];
  const lines = [
    `${BEGIN}${classifier} -->`,
    `\`${command}\` measured ${classifier} on ${rows}: ${evaluation.rows.judged} rows, 95 % intervals of ${draws} resamples.`,
    ...(evaluation.rows.seenInTraining > 0
      ? [`${evaluation.rows.seenInTraining} more were left out, for the words of each were learned from.`]
      : []),
    '',
    ...[...sections, ...Object.entries(groups)].flatMap(([name, figures]) => [
      ...ladderTable(name, figures),
      '',
    ]),
    ...labelTable(evaluation),
    '',
    ...sliceTable(evaluation),
    '',
  ];
  return lines.join('\n');
}

function ladderTable(name: string, { ladder, perLabel }: GroupEvaluation): string[] {
  return [
    `| ${name}, ${perLabel.length} labels | ${COLUMNS.map(([heading]) => heading).join(' | ')} |`,
    `|---${'|---'.repeat(COLUMNS.length)}|`,
    ...ladder.flatMap(({ rung, metrics }) =>
      metrics ? [`| ${rung} | ${COLUMNS.map(([, metric]) => interval(metrics[metric])).join(' | ')} |`] : [],
    ),
  ];
}

function labelTable({ perLabel }: Evaluation): string[] {
  return [
    '| label | rows | precision | recall | F1 | AP |',
    '|---|---|---|---|---|---|',
    ...perLabel.map(
      ({ label, support, precision, recall, f1, averagePrecision }) =>
        `| ${label} | ${support} | ${[precision, recall, f1, averagePrecision].map(interval).join(' | ')} |`,
    ),
  ];
}

function sliceTable({ slices }: Evaluation): string[] {
  return [
    `| slice | rows | ${COLUMNS.map(([heading]) => heading).join(' | ')} |`,
    `|---|---${'|---'.repeat(COLUMNS.length)}|`,
    ...slices.map(({ slice, note, rows, metrics }) => {
      const cells = COLUMNS.map(([, metric]) => (metrics ? interval(metrics[metric]) : '–'));
      return `| ${slice}: ${note} | ${rows} | ${cells.join(' | ')} |`;
    }),
  ];
}

function interval({ value, low, high }: Figure): string {
  if (value === null) return '–';
  const [middle, from, to] = [value, low ?? value, high ?? value].map((number) => number.toFixed(3));
  return `${middle} (${from}–${to})`;
}
