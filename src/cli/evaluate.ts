import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { openDatabase } from '../catalog/database.js';
import { kindOf } from '../catalog/id.js';
import { readConfig } from '../config.js';
import { Failure } from '../failure.js';
import { createLogger } from '../log.js';
import { interruptible } from '../stop-signal.js';
import { HEAD_FILE } from '../tagging/compact-tagger.js';
import { type Evaluation, evaluate } from '../tagging/evaluation/evaluate.js';
import { placeOfFigures, writeFigures } from '../tagging/evaluation/model-card.js';
import { coverageRiskPlot, reliabilityPlot } from '../tagging/evaluation/plots.js';
import { compactScorer, type Scorer, trainedScorer } from '../tagging/evaluation/scorer.js';
import { readMapping, readTaxonomy } from '../tagging/taxonomy.js';
import { readClassifierFile } from './classifier-file.js';
import { formatEvaluation } from './evaluation-report.js';
import { parseSplit, readLabelledRows, type Split } from './labelled-rows.js';
import { withMedia } from './media-rows.js';

export interface EvaluateFlags {
  classifier?: string;
  pack?: string;
  group?: string[];
  labels?: string;
  learnFrom?: string[];
  split?: string;
  seen?: boolean;
  plots?: string;
  card?: string;
  json?: boolean;
}

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const COMPACT = path.join(MODELS, 'compact');
const DRAWS = 1000;
const SEED = 1;

/** `marquee evaluate`: a classifier's figures on labelled rows. */
export async function evaluateCommand(files: string[], flags: EvaluateFlags): Promise<void> {
  const split = parseSplit(flags.split);
  // Minutes of measuring are not for nothing.
  if (flags.card !== undefined) await readCard(flags.card);
  if (flags.plots !== undefined) await makeFolder(flags.plots);
  const scorer = await openScorer(flags.classifier);
  const bar = new SingleBar({
    format: 'measuring [{bar}] {value} of {total}',
    ...{ stream: process.stderr, clearOnComplete: true, hideCursor: true },
  });
  try {
    const { rows } = await interruptible(async (signal) =>
      withMedia(await readLabelledRows(files, split, signal), flags.pack, signal),
    );
    const learnFrom = flags.learnFrom ? await readLabelledRows(flags.learnFrom, otherSide(split)) : [];
    bar.start(1, 0);
    const evaluation = await evaluate(
      rows,
      scorer,
      {
        groups: flags.group ?? [],
        labels: flags.labels?.split(',').map((label) => label.trim()) ?? [],
        allowSeen: flags.seen ?? false,
        ...{ learnFrom, draws: DRAWS, seed: SEED },
      },
      (done, of) => {
        bar.setTotal(of);
        bar.update(done);
      },
    );
    bar.stop();
    if (flags.plots !== undefined) await writePlots(flags.plots, evaluation);
    if (flags.card !== undefined) await updateCard(flags.card, evaluation, files, flags);
    process.stdout.write(
      flags.json ? `${JSON.stringify(evaluation, null, 2)}\n` : formatEvaluation(evaluation),
    );
  } finally {
    bar.stop();
    await scorer.close();
  }
}

/** What may be learned from when one side of the split is measured on. */
function otherSide(split: Split): Split {
  if (split === 'validation') return 'training';
  return split === 'training' ? 'validation' : 'all';
}

async function writePlots(
  folder: string,
  { classifier, reliability, coverageRisk }: Evaluation,
): Promise<void> {
  await writeFile(path.join(folder, 'reliability.svg'), reliabilityPlot(reliability, classifier));
  await writeFile(path.join(folder, 'coverage-risk.svg'), coverageRiskPlot(coverageRisk, classifier));
}

async function updateCard(
  file: string,
  evaluation: Evaluation,
  files: string[],
  { split, learnFrom }: EvaluateFlags,
): Promise<void> {
  const namesOf = (paths: readonly string[]) => paths.map((name) => path.basename(name)).join(' ');
  const command = [
    `marquee evaluate ${namesOf(files)}`,
    ...(split === undefined ? [] : [`--split ${split}`]),
    ...(learnFrom === undefined ? [] : [`--learn-from ${namesOf(learnFrom)}`]),
    '--card',
  ].join(' ');
  const rows = split === undefined ? namesOf(files) : `the ${split} split of ${namesOf(files)}`;
  await writeFile(file, writeFigures(await readCard(file), evaluation, { rows, command }));
}

/** @throws Failure SOURCE_NOT_FOUND, BAD_INPUT when the card has no place for figures */
async function readCard(file: string): Promise<string> {
  const card = await readFile(file, 'utf8').catch((cause) => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no model card ${file}: check --card.`, { cause });
  });
  placeOfFigures(card);
  return card;
}

/** @throws Failure FOLDER_UNWRITABLE */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new Failure('FOLDER_UNWRITABLE', `${folder} cannot be made: name another folder with --plots.`, {
      cause,
    });
  });
}

/** The classifier that ships, one of the database, or one of a file. @throws Failure of whichever is read */
async function openScorer(given: string | undefined): Promise<Scorer> {
  const taxonomy = await readTaxonomy(path.join(MODELS, 'taxonomy.json'));
  const mapping = await readMapping(path.join(MODELS, 'label-mapping.json'), taxonomy);
  if (given === undefined) return compactScorer(COMPACT, taxonomy, mapping, path.join(COMPACT, HEAD_FILE));
  const isVersion = kindOf(given) === 'classifier' || /^[a-z-]+@[0-9a-f]{12}$/.test(given);
  const bytes = isVersion ? interruptible(() => storedClassifier(given)) : readClassifierFile(given);
  return trainedScorer(await bytes, mapping);
}

/** A classifier of the database, by its id or by its name and version. @throws Failure SOURCE_NOT_FOUND */
async function storedClassifier(version: string): Promise<Uint8Array> {
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env });
  const database = await openDatabase(config, createLogger(config.logLevel));
  try {
    const stored = await database.prisma.classifierFile.findFirst({
      where: { classifier: { OR: [{ id: version }, { fingerprint: version }] } },
    });
    if (stored) return stored.bytes;
  } finally {
    await database.close();
  }
  throw new Failure(
    'SOURCE_NOT_FOUND',
    `There is no trained classifier ${version} in the database: check --classifier, or give a file.`,
  );
}
