// npm run bench -- text [--json] [--rows <file.jsonl[.gz]>]: what the compact text model knows, on texts it never saw.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextModel } from '../src/signals/text-model.js';
import { HEAD_FILE } from '../src/tagging/compact-tagger.js';
import { type LabelledText, readLabelledRows } from '../src/tagging/corpus.js';
import { scoreLabels, scoreSources } from '../src/tagging/evaluate-text.js';
import { readHead } from '../src/tagging/head.js';
import {
  bootstrap,
  crossTunedF1,
  meanAveragePrecision,
  type Scored,
  someColumns,
} from '../src/tagging/measure.js';
import { labelTargets, splitSource } from '../src/tagging/targets.js';
import { readMapping, readTaxonomy } from '../src/tagging/taxonomy.js';
import { alikesOf, noisyValidation, readTrainingSet } from '../src/tagging/training-set.js';
import { baseline } from './text/baseline.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const pack = path.join(root, 'models', 'compact');
const data = path.resolve(root, '../shared/data');
const SEED = 20_261_122;
const DRAWS = 200;

interface Line {
  what: string;
  figure: string;
  value: number;
  low: number;
  high: number;
}

type Figures = Record<string, (scored: Scored) => number>;
const RANK_FIGURES: Figures = { mAP: meanAveragePrecision };
const TAG_FIGURES: Figures = {
  'micro-F1, one threshold': (s) => crossTunedF1(s, 'one').micro,
  'macro-F1, one a label': (s) => crossTunedF1(s, 'each').macro,
  ...RANK_FIGURES,
};

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const rowsFile = args[args.indexOf('--rows') + 1];
  if (args.includes('--rows') && rowsFile)
    return print(await scoreRows(await readLabelledRows(rowsFile)), json);
  if (!existsSync(data)) {
    process.stdout.write(`bench text: skipped, there is no ${path.relative(root, data)}.\n`);
    return;
  }
  print([...(await validationLines()), ...(await speedLines())], json);
}

async function validationLines(): Promise<Line[]> {
  const set = await readTrainingSet(data);
  const noisy = noisyValidation(set.validation, alikesOf([...set.synopses, ...set.films]), SEED);
  const model = await TextModel.load(pack);
  const names = (kind: 'tag' | 'genre') =>
    model.layout.sources.map(splitSource).flatMap(([k, name]) => (k === kind ? [name] : []));
  const tags = names('tag');
  const genres = names('genre');
  return [
    ...comparison(
      '71 tags, full synopses',
      await scoreSources(model, set.validation, 'tag'),
      baseline(set.synopses, set.validation, tags, 'tag'),
      TAG_FIGURES,
    ),
    ...rankLines('71 tags, noisy 150 words: compact', await scoreSources(model, noisy, 'tag')),
    ...comparison(
      'genres, noisy 150 words',
      await scoreSources(model, noisy, 'genre'),
      baseline(set.synopses, noisy, genres, 'genre'),
      RANK_FIGURES,
    ),
    ...(await labelLines(model, set.validation, 'taxonomy, full synopses')),
    ...(await labelLines(model, noisy, 'taxonomy, noisy 150 words')),
  ];
}

async function scoreRows(texts: LabelledText[]): Promise<Line[]> {
  const model = await TextModel.load(pack);
  const lines: Line[] = [];
  if (texts.some(({ labels }) => labels.tag))
    lines.push(...figureLines('tags', await scoreSources(model, texts, 'tag'), TAG_FIGURES));
  if (texts.some(({ labels }) => labels.genre)) {
    lines.push(...rankLines('genres by their own names', await scoreSources(model, texts, 'genre')));
    lines.push(...(await labelLines(model, texts, 'taxonomy')));
  }
  return lines;
}

async function labelLines(model: TextModel, texts: LabelledText[], what: string): Promise<Line[]> {
  const head = await readHead(path.join(pack, HEAD_FILE));
  const taxonomy = await readTaxonomy(path.join(root, 'models', 'taxonomy.json'));
  const mapping = await readMapping(path.join(root, 'models', 'label-mapping.json'), taxonomy);
  const scored = await scoreLabels(model, head, texts, labelTargets(texts, taxonomy, mapping, new Map()));
  return taxonomy.groups.flatMap((group) => {
    const places = head.labels.flatMap(({ id }, j) =>
      id.startsWith(`${group.kind.toLowerCase()}/`) ? [j] : [],
    );
    return [line(`${what}: ${group.kind}`, 'mAP', someColumns(scored, places), meanAveragePrecision)];
  });
}

/**
 * Both models' figures and their difference. The rows of the two are resampled together, so the interval of the
 * difference is a paired one: what one film is worth to both cancels out.
 */
function comparison(what: string, compact: Scored, reference: Scored, figures: Figures): Line[] {
  const both = sideBySide(compact, reference);
  const places = Array.from({ length: compact.labels }, (_, j) => j);
  const others = places.map((j) => compact.labels + j);
  const differences = Object.entries(figures).map(([figure, measure]) =>
    line(
      `${what}: difference`,
      figure,
      both,
      (s) => measure(someColumns(s, places)) - measure(someColumns(s, others)),
    ),
  );
  return [
    ...figureLines(`${what}: compact`, compact, figures),
    ...figureLines(`${what}: TF-IDF + LR`, reference, figures),
    ...differences,
  ];
}

function sideBySide(left: Scored, right: Scored): Scored {
  const width = left.labels + right.labels;
  const rows = left.truth.length / left.labels;
  const both = { labels: width, scores: new Float32Array(rows * width), truth: new Int8Array(rows * width) };
  for (let i = 0; i < rows; i++) {
    for (const [part, at] of [
      [left, i * width],
      [right, i * width + left.labels],
    ] as const) {
      both.scores.set(part.scores.subarray(i * part.labels, (i + 1) * part.labels), at);
      both.truth.set(part.truth.subarray(i * part.labels, (i + 1) * part.labels), at);
    }
  }
  return both;
}

function figureLines(what: string, scored: Scored, figures: Figures): Line[] {
  return Object.entries(figures).map(([figure, measure]) => line(what, figure, scored, measure));
}

function rankLines(what: string, scored: Scored): Line[] {
  return figureLines(what, scored, RANK_FIGURES);
}

function line(what: string, figure: string, scored: Scored, measure: (scored: Scored) => number): Line {
  const [low, high] = bootstrap(scored, measure, { draws: DRAWS, seed: SEED });
  return { what, figure, value: measure(scored), low, high };
}

/** Sentences of about 20 words a second through tokeniser and graph, on one thread. */
async function speedLines(): Promise<Line[]> {
  const SENTENCES = 8192;
  const model = await TextModel.load(pack);
  const sentence = (i: number) =>
    `the detective follows a mysterious woman to the harbour where an old friend of number ${i} is waiting with a gun`;
  const sentences = Array.from({ length: SENTENCES }, (_, i) => sentence(i));
  await model.encode(sentences.slice(0, 256));
  const started = performance.now();
  await model.encode(sentences);
  const value = SENTENCES / ((performance.now() - started) / 1000);
  return [{ what: 'encoder', figure: 'sentences a second', value, low: value, high: value }];
}

function print(lines: Line[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`);
    return;
  }
  for (const { what, figure, value, low, high } of lines) {
    const digits = value > 10 ? 0 : 4;
    const interval = low === high ? '' : `  [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
    process.stdout.write(`${what.padEnd(44)}${figure.padEnd(26)}${value.toFixed(digits)}${interval}\n`);
  }
}
