import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { Failure } from '../failure.js';
import { HEAD_FILE } from '../tagging/compact-tagger.js';
import { evaluate } from '../tagging/evaluation/evaluate.js';
import { compactScorer, type Scorer, trainedScorer } from '../tagging/evaluation/scorer.js';
import { readMapping, readTaxonomy } from '../tagging/taxonomy.js';
import { formatEvaluation } from './evaluation-report.js';
import { parseSplit, readLabelledRows } from './labelled-rows.js';

export interface EvaluateFlags {
  classifier?: string;
  group?: string[];
  labels?: string;
  learnFrom?: string[];
  split?: string;
  seen?: boolean;
  json?: boolean;
}

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));
const COMPACT = path.join(MODELS, 'compact');
const DRAWS = 1000;
const SEED = 1;

/** `marquee evaluate`: a classifier's figures on labelled rows. */
export async function evaluateCommand(files: string[], flags: EvaluateFlags): Promise<void> {
  const rows = await readLabelledRows(files, parseSplit(flags.split));
  const learnFrom = flags.learnFrom ? await readLabelledRows(flags.learnFrom) : [];
  const scorer = await openScorer(flags.classifier);
  const bar = new SingleBar({
    format: 'measuring [{bar}] {value} of {total}',
    ...{ stream: process.stderr, clearOnComplete: true, hideCursor: true },
  });
  bar.start(1, 0);
  try {
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
    process.stdout.write(
      flags.json ? `${JSON.stringify(evaluation, null, 2)}\n` : formatEvaluation(evaluation),
    );
  } finally {
    bar.stop();
    await scorer.close();
  }
}

/** The classifier that ships, or one of a file. @throws Failure SOURCE_NOT_FOUND, MODEL_INVALID */
async function openScorer(given: string | undefined): Promise<Scorer> {
  const taxonomy = await readTaxonomy(path.join(MODELS, 'taxonomy.json'));
  const mapping = await readMapping(path.join(MODELS, 'label-mapping.json'), taxonomy);
  if (given === undefined) return compactScorer(COMPACT, taxonomy, mapping, path.join(COMPACT, HEAD_FILE));
  const bytes = await readFile(given).catch((cause) => {
    throw new Failure('SOURCE_NOT_FOUND', `There is no classifier ${given}: give the file of one.`, {
      cause,
    });
  });
  return trainedScorer(bytes, mapping);
}
