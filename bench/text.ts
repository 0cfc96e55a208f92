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
    ...tagLines('71 tags, full synopses: compact', await scoreSources(model, set.validation, 'tag')),
    ...tagLines('71 tags, full synopses: TF-IDF + LR', baseline(set.synopses, set.validation, tags, 'tag')),
    ...rankLines('71 tags, noisy 150 words: compact', await scoreSources(model, noisy, 'tag')),
    ...rankLines('genres, noisy 150 words: compact', await scoreSources(model, noisy, 'genre')),
    ...rankLines('genres, noisy 150 words: TF-IDF + LR', baseline(set.synopses, noisy, genres, 'genre')),
    ...(await labelLines(model, set.validation, 'taxonomy, full synopses')),
    ...(await labelLines(model, noisy, 'taxonomy, noisy 150 words')),
  ];
}

async function scoreRows(texts: LabelledText[]): Promise<Line[]> {
  const model = await TextModel.load(pack);
  const lines: Line[] = [];
  if (texts.some(({ labels }) => labels.tag))
    lines.push(...tagLines('tags', await scoreSources(model, texts, 'tag')));
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

function tagLines(what: string, scored: Scored): Line[] {
  return [
    line(what, 'micro-F1, one threshold', scored, (s) => crossTunedF1(s, 'one').micro),
    line(what, 'macro-F1, one a label', scored, (s) => crossTunedF1(s, 'each').macro),
    ...rankLines(what, scored),
  ];
}

function rankLines(what: string, scored: Scored): Line[] {
  return [line(what, 'mAP', scored, meanAveragePrecision)];
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
