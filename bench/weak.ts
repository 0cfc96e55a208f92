// npm run bench -- weak [--json]: the label model beside the majority vote, on synopses whose labels both never saw.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isValidation } from '../src/tagging/corpus.js';
import { readCues } from '../src/tagging/cues.js';
import { labelsOf, readMapping, readTaxonomy } from '../src/tagging/taxonomy.js';
import { bestThreshold } from '../src/tagging/thresholds.js';
import { readTrainingRows } from '../src/tagging/training-row.js';
import { labelLines } from '../src/tagging/weak-labels/functions-table.js';
import { labelProbabilities } from '../src/tagging/weak-labels/label-model.js';
import { truthOf } from '../src/tagging/weak-labels/truth.js';
import { type WeakLabel, type WordedRow, weakLabels } from '../src/tagging/weak-labels/weak-labels.js';
import { majorityVote } from './weak/majority.js';
import { comparePaired, type PairedFigure, type PairedLabel } from './weak/paired.js';
import { rankCorrelation } from './weak/rank-correlation.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const models = path.join(root, 'models');
const data = path.resolve(root, '../shared/data/synopses.jsonl.gz');
const SEED = 20_261_122;
const DRAWS = 1000;
/** Labels that fewer rows have are left out: one row more or less would decide their figures. */
const FEWEST_POSITIVES = 20;
/** Functions that a label needs for their ranks to mean something. */
const FEWEST_FUNCTIONS = 4;
/** Values of the setting that are looked at on the validation tenth. */
const TRUSTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1];

interface Comparison {
  what: string;
  labels: number;
  rows: number;
  figures: PairedFigure[];
  /** Of the functions of a label by estimated and by measured accuracy: the median over the labels. */
  rankCorrelation: number;
  /** Mean of estimated less measured accuracy over all functions. */
  optimism: number;
  /** Log loss on the validation tenth for each value of `trust`: what the setting was chosen by. */
  trusts: { trust: number; logLoss: number }[];
}

export async function run({ json }: { json: boolean }): Promise<void> {
  if (!existsSync(data)) {
    process.stdout.write(`bench weak: skipped, there is no ${path.relative(root, data)}.\n`);
    return;
  }
  const comparisons = await compare();
  if (json) process.stdout.write(`${JSON.stringify(comparisons, null, 2)}\n`);
  else for (const comparison of comparisons) print(comparison);
}

async function compare(): Promise<Comparison[]> {
  const taxonomy = await readTaxonomy(path.join(models, 'taxonomy.json'));
  const ids = labelsOf(taxonomy).map(({ id }) => id);
  const mapping = await readMapping(path.join(models, 'label-mapping.json'), taxonomy);
  const cues = await readCues(path.join(models, 'cues.json'), ids);
  const rows: WordedRow[] = [];
  for await (const row of readTrainingRows([data])) rows.push({ ...row, text: row.lines.join('\n') });

  const all = truthOf(rows, taxonomy, mapping);
  const truth = new Map(ids.map((id, j) => [id, all.filter((_, at) => at % ids.length === j)]));
  const guess = (hidden: WordedRow[]) =>
    weakLabels(hidden, {
      ...{ taxonomy, mapping, cues },
      packFolder: path.join(models, 'compact'),
      progress: () => {},
    });
  const wordsAlone = await guess(rows.map((row) => ({ ...row, labels: {} })));
  const withGenres = await guess(
    rows.map((row): WordedRow => {
      const { genre } = row.labels;
      return { ...row, labels: genre ? { genre } : {} };
    }),
  );
  const isGenre = ({ ballot }: WeakLabel) => ballot.label.startsWith('genre/');
  const others = (weak: WeakLabel) => !isGenre(weak);
  return [
    comparison('moods and themes by tags, words alone', wordsAlone.filter(others), truth, rows),
    comparison('moods and themes by tags, words and genres', withGenres.filter(others), truth, rows),
    comparison('genres, words alone', wordsAlone.filter(isGenre), truth, rows),
  ];
}

/** Thresholds come from the validation tenth, as the settings do; everything else is measured on the other rows. */
function comparison(
  what: string,
  weak: readonly WeakLabel[],
  truth: ReadonlyMap<string, Int8Array>,
  rows: readonly WordedRow[],
): Comparison {
  const tenth = rows.map(({ id }) => isValidation(id));
  const measured = weak.flatMap(({ ballot, probabilities }): PairedLabel[] => {
    const known = truth.get(ballot.label)!;
    const rest = known.filter((_, i) => !tenth[i]);
    if (rest.filter((value) => value > 0).length < FEWEST_POSITIVES) return [];
    const majority = majorityVote(ballot);
    const tune = (p: Float64Array) =>
      bestThreshold(
        p.filter((_, i) => tenth[i]),
        known.filter((_, i) => tenth[i]),
      );
    return [
      {
        truth: rest,
        tried: probabilities.filter((_, i) => !tenth[i]),
        against: majority.filter((_, i) => !tenth[i]),
        thresholds: { tried: tune(probabilities), against: tune(majority) },
      },
    ];
  });
  const left = tenth.filter((chosen) => !chosen).length;
  return {
    what,
    labels: measured.length,
    rows: left,
    figures: comparePaired(measured, left, { draws: DRAWS, seed: SEED }),
    ...judgeEstimates(weak, truth),
    trusts: TRUSTS.map((trust) => ({ trust, logLoss: lossOnTenth(weak, truth, tenth, trust) })),
  };
}

function lossOnTenth(
  weak: readonly WeakLabel[],
  truth: ReadonlyMap<string, Int8Array>,
  tenth: readonly boolean[],
  trust: number,
): number {
  const losses = weak.flatMap(({ ballot, model }) => {
    const known = truth.get(ballot.label)!;
    const p = labelProbabilities(model, ballot.votes, trust);
    const chosen = [...p.keys()].filter((i) => tenth[i] && known[i] !== 0);
    if (!chosen.some((i) => known[i]! > 0)) return [];
    return [mean(chosen.map((i) => -Math.log(known[i]! > 0 ? p[i]! : 1 - p[i]!)))];
  });
  return mean(losses);
}

/** Estimated accuracies beside measured ones, over functions that vote on enough labelled rows to measure them. */
function judgeEstimates(
  weak: readonly WeakLabel[],
  truth: ReadonlyMap<string, Int8Array>,
): Pick<Comparison, 'rankCorrelation' | 'optimism'> {
  const judged = weak
    .map(({ ballot, model }) =>
      labelLines(ballot, model, truth.get(ballot.label)!).functions.flatMap(({ accuracy, measured }) =>
        measured && measured.rows >= FEWEST_POSITIVES ? [{ accuracy, measured: measured.accuracy }] : [],
      ),
    )
    .filter((functions) => functions.length >= FEWEST_FUNCTIONS);
  const correlations = judged
    .map((functions) =>
      rankCorrelation(
        functions.map(({ accuracy }) => accuracy),
        functions.map(({ measured }) => measured),
      ),
    )
    .sort((a, b) => a - b);
  return {
    rankCorrelation: correlations[Math.floor(correlations.length / 2)]!,
    optimism: mean(judged.flat().map(({ accuracy, measured }) => accuracy - measured)),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function print({ what, labels, rows, figures, trusts, ...estimates }: Comparison): void {
  process.stdout.write(`${what} (${labels} labels, ${rows} rows)\n`);
  for (const { figure, tried, against, difference, low, high } of figures) {
    const interval = `[${low.toFixed(4)}, ${high.toFixed(4)}]`;
    process.stdout.write(
      `  ${figure.padEnd(10)} label model ${tried.toFixed(4)}  majority ${against.toFixed(4)}  difference ${difference.toFixed(4)} ${interval}\n`,
    );
  }
  process.stdout.write(
    `  accuracies  rank correlation ${estimates.rankCorrelation.toFixed(2)}  estimated less measured ${estimates.optimism.toFixed(3)}\n`,
  );
  const losses = trusts.map(({ trust, logLoss }) => `${trust}: ${logLoss.toFixed(4)}`);
  process.stdout.write(`  trust, log loss on the validation tenth  ${losses.join('  ')}\n`);
}
