// npm run bench -- weak [--json]: the label model beside the majority vote, on synopses whose labels both never saw.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bestThreshold } from '../src/tagging/best-threshold.js';
import { isValidation } from '../src/tagging/corpus.js';
import { readCues } from '../src/tagging/cues.js';
import { labelsOf, readMapping, readTaxonomy } from '../src/tagging/taxonomy.js';
import { readTrainingRows } from '../src/tagging/training-row.js';
import { labelLines } from '../src/tagging/weak-labels/functions-table.js';
import { labelProbabilities, learnLabelModel } from '../src/tagging/weak-labels/label-model.js';
import { LABEL_MODEL } from '../src/tagging/weak-labels/settings.js';
import { truthOf } from '../src/tagging/weak-labels/truth.js';
import { type WeakLabel, type WordedRow, weakLabels } from '../src/tagging/weak-labels/weak-labels.js';
import { majorityVote } from './weak/majority.js';
import { comparePaired, type Guess, type PairedFigure } from './weak/paired.js';
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
  const withGenres = await weakLabels(
    rows.map((row): WordedRow => {
      const { genre } = row.labels;
      return { ...row, labels: genre ? { genre } : {} };
    }),
    { taxonomy, mapping, cues, packFolder: path.join(models, 'compact'), progress: () => {} },
  );
  const wordsAlone = withGenres.map(withoutGenres);
  const isGenre = ({ ballot }: WeakLabel) => ballot.label.startsWith('genre/');
  const others = (weak: WeakLabel) => !isGenre(weak);
  return [
    comparison('all, words alone', wordsAlone, truth, rows),
    comparison('moods and themes by tags, words alone', wordsAlone.filter(others), truth, rows),
    comparison('moods and themes by tags, words and genres', withGenres.filter(others), truth, rows),
    comparison('genres, words alone', wordsAlone.filter(isGenre), truth, rows),
  ];
}

/** The label as it is learned where no genres came with the titles. */
function withoutGenres(weak: WeakLabel): WeakLabel {
  const { label, functions, votes } = weak.ballot;
  const genres = functions.indexOf('genres');
  if (genres < 0) return weak;
  const ballot = {
    label,
    functions: functions.toSpliced(genres, 1),
    votes: votes.filter((_, at) => at % functions.length !== genres),
  };
  const model = learnLabelModel(ballot.votes, ballot.functions.length, LABEL_MODEL);
  return { ballot, model, probabilities: labelProbabilities(model, ballot.votes, LABEL_MODEL.trust) };
}

/** Both ways on the nine tenths of the rows that no setting was chosen on. */
function comparison(
  what: string,
  weak: readonly WeakLabel[],
  truth: ReadonlyMap<string, Int8Array>,
  rows: readonly WordedRow[],
): Comparison {
  const tenth = rows.map(({ id }) => isValidation(id));
  const measured = weak
    .map((label) => ({ ...label, known: truth.get(label.ballot.label)! }))
    .filter(({ known }) => known.filter((value, i) => value > 0 && !tenth[i]).length >= FEWEST_POSITIVES);
  const truths = measured.map(({ known }) => known);
  const tried = guesses(
    measured.map(({ probabilities }) => probabilities),
    truths,
    tenth,
  );
  const against = guesses(
    measured.map(({ ballot }) => majorityVote(ballot)),
    truths,
    tenth,
  );
  const rest = (known: Int8Array) => known.filter((_, i) => !tenth[i]);
  const left = tenth.filter((chosen) => !chosen).length;
  const labels = truths.map((known, j) => ({ truth: rest(known), tried: tried[j]!, against: against[j]! }));
  return {
    what,
    labels: labels.length,
    rows: left,
    figures: comparePaired(labels, left, { draws: DRAWS, seed: SEED }),
    ...judgeEstimates(weak, truth),
    trusts: TRUSTS.map((trust) => ({ trust, logLoss: lossOnTenth(weak, truth, tenth, trust) })),
  };
}

/**
 * What one way says of the rows outside the tenth. The threshold that all labels share has the best F1 on the tenth; a
 * label's own has the best F1 on every other row, and is applied to the rows between.
 */
function guesses(
  probabilities: readonly Float64Array[],
  truths: readonly Int8Array[],
  tenth: readonly boolean[],
): Guess[] {
  const onTenth = (values: Float64Array | Int8Array) => [...values.filter((_, i) => tenth[i])];
  const shared = bestThreshold(probabilities.flatMap(onTenth), truths.flatMap(onTenth));
  return probabilities.map((all, j) => {
    const p = all.filter((_, i) => !tenth[i]);
    const known = truths[j]!.filter((_, i) => !tenth[i]);
    const own = [0, 1].map((half) =>
      bestThreshold(
        p.filter((_, i) => i % 2 !== half),
        known.filter((_, i) => i % 2 !== half),
      ),
    );
    return {
      p,
      saysByOwn: Uint8Array.from(p, (value, i) => (value >= own[i % 2]! ? 1 : 0)),
      saysByShared: Uint8Array.from(p, (value) => (value >= shared ? 1 : 0)),
    };
  });
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
      `  ${figure.padEnd(30)} label model ${tried.toFixed(4)}  majority ${against.toFixed(4)}  difference ${difference.toFixed(4)} ${interval}\n`,
    );
  }
  process.stdout.write(
    `  accuracies  rank correlation ${estimates.rankCorrelation.toFixed(2)}  estimated less measured ${estimates.optimism.toFixed(3)}\n`,
  );
  const losses = trusts.map(({ trust, logLoss }) => `${trust}: ${logLoss.toFixed(4)}`);
  process.stdout.write(`  trust, log loss on the validation tenth  ${losses.join('  ')}\n`);
}
