import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { Failure } from '../failure.js';
import { interruptible } from '../stop-signal.js';
import type { NameCount } from '../tagging/label-space.js';
import { readMapping, readTaxonomy } from '../tagging/taxonomy.js';
import { type TrainingOptions, type TrainingProgress, trainClassifier } from '../tagging/train-classifier.js';
import type { Aim } from '../tagging/training/aim.js';
import type { Abstention } from '../tagging/training/least-words.js';
import { readGivenTaxonomy } from './given-taxonomy.js';
import { parseSplit, readLabelledRows } from './labelled-rows.js';
import { withMedia } from './media-rows.js';
import { assertWritable, writeWhole } from './whole-file.js';

export interface TrainFlags {
  taxonomy?: string;
  pack?: string;
  textOnly?: boolean;
  group?: string[];
  head?: string;
  aim?: string;
  seed?: string;
  split?: string;
  out?: string;
  json?: boolean;
}

const MAPPING = fileURLToPath(new URL('../../models/label-mapping.json', import.meta.url));
const TAXONOMY = fileURLToPath(new URL('../../models/taxonomy.json', import.meta.url));
const HEADS: readonly TrainingOptions['head'][] = ['auto', 'linear', 'hidden'];
const DEFAULT_SEED = 1;

/** `marquee train`: a classifier's file from labelled rows. */
export async function trainCommand(files: string[], flags: TrainFlags): Promise<void> {
  await interruptible((signal) => train(files, flags, signal));
}

async function train(files: string[], flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const out = path.resolve(flags.out ?? 'classifier.onnx');
  await assertWritable(out);
  if (files.some((file) => path.resolve(file) === out))
    throw new Failure('BAD_INPUT', `${out} holds rows to learn from: name another file with --out.`);
  const options = await optionsOf(flags);
  const given = await readLabelledRows(files, parseSplit(flags.split), signal);
  const read = flags.textOnly ? given.map((row) => ({ ...row, media: null, vectors: {} })) : given;
  const { rows, models } = await withMedia(read, flags.pack, signal);
  process.stderr.write(`Learning from ${rows.length} rows.\n`);
  const { bytes, figures, fingerprint } = await withBar((progress) =>
    trainClassifier(rows, { ...options, models }, progress, signal),
  );
  await writeWhole(out, [bytes]);
  const report = { file: out, bytes: bytes.length, fingerprint, figures };
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
}

async function optionsOf(flags: TrainFlags): Promise<TrainingOptions> {
  const head = HEADS.find((known) => known === (flags.head ?? 'auto'));
  if (!head) throw new Failure('BAD_INPUT', `--head is auto, linear or hidden, not ${flags.head}.`);
  const seed = Number(flags.seed ?? DEFAULT_SEED);
  if (flags.seed?.trim() === '' || !Number.isSafeInteger(seed) || seed < 0)
    throw new Failure('BAD_INPUT', '--seed is a whole number from 0 on.');
  const options: TrainingOptions = {
    head,
    seed,
    aim: parseAim(flags.aim),
    groups: flags.group ?? [],
    models: {},
  };
  if (flags.taxonomy === undefined) return options;
  const taxonomy = await readGivenTaxonomy(flags.taxonomy);
  return { ...options, taxonomy, mapping: await readMapping(MAPPING, await readTaxonomy(TAXONOMY)) };
}

/** `best-f1`, or `precision=0.8`. @throws Failure BAD_INPUT */
export function parseAim(text: string | undefined): Aim {
  if (text === undefined || text === 'best-f1') return { kind: 'best-f1' };
  const floor = Number(/^precision=(0?\.\d+|1)$/.exec(text)?.[1]);
  if (floor > 0) return { kind: 'precision', floor };
  throw new Failure('BAD_INPUT', '--aim is best-f1, or a floor such as precision=0.8.');
}

async function withBar<T>(work: (progress: (progress: TrainingProgress) => void) => Promise<T>): Promise<T> {
  const bar = new SingleBar({
    format: '{stage} [{bar}] {percentage} %',
    ...{ stream: process.stderr, noTTYOutput: false, clearOnComplete: true, hideCursor: true },
  });
  bar.start(100, 0, { stage: 'reading'.padEnd(11) });
  try {
    const show = ({ stage, done, of }: TrainingProgress) =>
      bar.update(Math.round((100 * done) / of), { stage: stage.padEnd(11) });
    return await work(show);
  } finally {
    bar.stop();
  }
}

interface TrainingReport {
  file: string;
  bytes: number;
  fingerprint: string;
  figures: Record<string, unknown>;
}

function formatReport({ file, bytes, figures }: TrainingReport): string {
  const { rows, labels, microF1, macroF1, mAP, leftOut, unknownLabels, abstention } = figures as Record<
    string,
    number
  > & {
    leftOut: string[];
    unknownLabels: NameCount[];
    abstention?: Abstention;
  };
  const lines = [
    `${file}: ${counted(labels, 'label')} from ${counted(rows, 'row')}, ${sizeOf(bytes)}`,
    `on rows that it had not seen: micro-F1 ${digits(microF1)}, macro-F1 ${digits(macroF1)}, mAP ${digits(mAP)}`,
    ...(abstention ? [formatAbstention(abstention)] : []),
    ...(leftOut.length > 0
      ? [`left out, for fewer than two rows have or lack them: ${leftOut.join(', ')}`]
      : []),
    ...(unknownLabels.length > 0
      ? [
          `names that the taxonomy does not know: ${unknownLabels.map(({ name, rows: n }) => `${name} (${n})`).join(', ')}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function formatAbstention({ coverage, risk }: Abstention): string {
  return `on parts of those rows: ${digits(risk.all)} of the accepted labels wrong; ${digits(coverage)} stay where labels with too few words abstain, ${digits(risk.kept)} of them wrong; on whole rows ${digits(risk.whole)}`;
}

const counted = (n: number | undefined, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

const sizeOf = (bytes: number) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const digits = (value: number | undefined) => (value ?? Number.NaN).toFixed(3);
