import type { Evaluation, GroupEvaluation } from '../tagging/evaluation/evaluate.js';
import { METRICS, type Metric } from '../tagging/evaluation/figures.js';
import type { Figure, Metrics } from '../tagging/evaluation/intervals.js';

const NAMES: Record<Metric, string> = {
  microF1: 'micro-F1',
  macroF1: 'macro-F1',
  samplesF1: 'samples-F1',
  mAP: 'mAP',
  microAP: 'μAP',
  hammingLoss: 'Hamming loss',
  ece: 'calibration error (ECE)',
  tagRecallAt3: 'tag recall at 3',
  tagsLearnedAt3: 'tags learned at 3',
  tagRecallAt5: 'tag recall at 5',
  tagsLearnedAt5: 'tags learned at 5',
};
const LADDER: readonly Metric[] = ['microF1', 'macroF1', 'mAP', 'ece'];

/** The evaluation as tables for people. Where rows taught the classifier, every line says so. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { classifier, rows, unknownLabels, unjudgedLabels, slices } = evaluation;
  const groups = Object.entries(evaluation.groups);
  const lines = [
    `${classifier} on ${rows.judged} of ${rows.given} rows; 95 % intervals of ${evaluation.draws} resamples`,
    ...(rows.seenInTraining > 0 && !evaluation.warning
      ? [`${rows.seenInTraining} rows left out, for the classifier learned from the same words`]
      : []),
    ...(unknownLabels.length > 0 ? [`names that the classifier does not know: ${namesOf(evaluation)}`] : []),
    ...(unjudgedLabels.length > 0
      ? [`labels that no row names, left out: ${unjudgedLabels.join(', ')}`]
      : []),
    ...section('all labels', evaluation),
    ...(groups.length > 1 ? groups.flatMap(([group, figures]) => section(group, figures)) : []),
    '',
    'label                      rows  said   precision            recall               F1                   AP',
    ...evaluation.perLabel.map(
      ({ label, support, answers, precision, recall, f1, averagePrecision }) =>
        `${label.padEnd(25)} ${count(support)} ${count(answers)}  ${[precision, recall, f1, averagePrecision].map(figure).join(' ')}`,
    ),
    '',
    'slices',
    ...slices.map(
      ({ slice, note, rows: size, metrics }) =>
        `  ${slice.padEnd(22)} ${count(size)} rows  ${metrics ? ladderFigures(metrics) : ''}  ${note}`,
    ),
  ];
  const mark = evaluation.warning === null ? '' : 'SEEN IN TRAINING  ';
  return `${lines.map((line) => `${mark}${line}`.trimEnd()).join('\n')}\n`;
}

function section(name: string, { metrics, ladder, coverageRisk }: GroupEvaluation): string[] {
  return [
    '',
    name,
    ...METRICS.map((metric) => `  ${NAMES[metric].padEnd(26)} ${figure(metrics[metric])}`),
    `  ${'ladder'.padEnd(30)} ${LADDER.map((metric) => NAMES[metric].slice(0, 20).padEnd(20)).join(' ')}`,
    ...ladder.map(
      ({ rung, note, metrics: own }) => `    ${rung.padEnd(28)} ${own ? ladderFigures(own) : ''} ${note}`,
    ),
    `  wrong among the accepted labels, the surest first: ${coverageRisk
      .filter(({ risk }) => risk.value !== null)
      .map(({ coverage, risk }) => `${Math.round(100 * coverage)} % ${risk.value!.toFixed(2)}`)
      .join(' · ')}`,
  ];
}

const ladderFigures = (metrics: Metrics) => LADDER.map((metric) => figure(metrics[metric])).join(' ');

function namesOf({ unknownLabels }: Evaluation): string {
  return unknownLabels.map(({ name, rows }) => `${name} (${rows})`).join(', ');
}

/** `0.451 [0.440, 0.462]`, 20 characters wide. */
function figure({ value, low, high }: Figure): string {
  if (value === null) return '–'.padEnd(20);
  const digits = value > 1 ? 0 : 3;
  const interval = low === null || high === null ? '' : ` [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  return `${value.toFixed(digits)}${interval}`.padEnd(20);
}

const count = (value: number) => String(value).padStart(5);
