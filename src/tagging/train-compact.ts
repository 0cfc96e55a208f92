import path from 'node:path';
import { type PackManifest, writeManifest } from '../inference/packs.js';
import { builtModule, ThreadPool } from '../inference/threads.js';
import { describePack, prepareFolder, writeWeights } from './compact-files.js';
import { pick } from './cross-fit.js';
import { validationFigures } from './evaluate-text.js';
import { learnedRowsOf, writeLearnedRows } from './learned-rows.js';
import { labelTargets, mappedSources, sourcesOf, sourceTargets, wordHints } from './targets.js';
import { type LabelMapping, labelsOf, readMapping, readTaxonomy, type Taxonomy } from './taxonomy.js';
import { learnHead } from './train-head.js';
import { learnText } from './train-text.js';
import type { trainTasks } from './train-thread.js';
import { alikesOf, readTrainingSet, type TrainingSet, trailerCuts } from './training-set.js';

export interface TrainCompactOptions {
  /** Has `synopses.jsonl.gz` and `films.jsonl.gz`. */
  dataFolder: string;
  /**
   * Gets the pack's files. The taxonomy, its mapping and the cues lie beside it and `statistics.json` inside; where
   * they are missing, the shipped ones are copied.
   */
  outFolder: string;
  /** Told each step, in a sentence. */
  report?: (line: string) => void;
}

/** Chosen by figures: docs/decisions/020 to 024 and 028. */
const SETTINGS = {
  seed: 20_261_122,
  text: { terms: 120_000, fewestTexts: 3, dense: 96 },
  regression: { cost: 0.6, balance: 0.8, epochs: 12 },
  ridge: { penalty: 2, epochs: 5 },
  bayes: { smoothing: 1e-5 },
  head: { cost: 0.1, balance: 0.5, epochs: 5 },
  /** Noisy cuts of each synopsis: the head is learned and calibrated on them, the sources are not. */
  cuts: 2,
};

const PACK_VERSION = 1;
const THREADS = 2;

/**
 * Learns the compact pack's text model and head and writes its folder. The same data, code and seed give the same
 * bytes. Takes about ten minutes on two cores.
 * @returns the manifest that was written
 * @throws Failure BAD_INPUT for unreadable data, MODEL_INVALID for an unusable taxonomy, mapping or statistics
 */
export async function trainCompact(options: TrainCompactOptions): Promise<PackManifest> {
  const report = options.report ?? (() => {});
  const beside = (name: string) => path.join(options.outFolder, '..', name);
  await prepareFolder(options.outFolder);
  const taxonomy = await readTaxonomy(beside('taxonomy.json'));
  const mapping = await readMapping(beside('label-mapping.json'), taxonomy);
  const set = await readTrainingSet(options.dataFolder);
  report(`Learning from ${set.synopses.length} synopses and ${set.films.length} film extracts.`);

  const threads = new ThreadPool<typeof trainTasks>(
    builtModule('./train-thread.js', import.meta.url),
    THREADS,
  );
  try {
    const { learned, head, sources } = await learn(set, taxonomy, mapping, threads, report);
    await writeWeights(options.outFolder, { learned, head, sources, dense: SETTINGS.text.dense });
    await writeLearnedRows(options.outFolder, learnedRowsOf(set));
  } finally {
    await threads.close();
  }
  const made = { ...options, version: PACK_VERSION, seed: SETTINGS.seed };
  await writeManifest(options.outFolder, await describePack(made, {}));
  report('Measuring on the validation split.');
  const figures = await validationFigures(options.outFolder, set, SETTINGS.seed);
  const manifest = await describePack(made, figures);
  await writeManifest(options.outFolder, manifest);
  return manifest;
}

async function learn(
  set: TrainingSet,
  taxonomy: Taxonomy,
  mapping: LabelMapping,
  threads: ThreadPool<typeof trainTasks>,
  report: (line: string) => void,
) {
  const originals = [...set.synopses, ...set.films];
  const alikes = alikesOf(originals);
  const cuts = Array.from({ length: SETTINGS.cuts }, (_, n) =>
    trailerCuts(set.synopses, alikes, SETTINGS.seed + n),
  ).flat();
  const texts = [...originals, ...cuts];
  const sources = sourcesOf(originals, mapping);
  const hints = wordHints(originals, taxonomy, mapping);

  const targets = sourceTargets(originals, sources, hints);
  const synopses = set.synopses.length;
  const from = Array.from({ length: SETTINGS.cuts * synopses }, (_, cut) => cut % synopses);
  // What a transcript says is in neither corpus' language, so the mixture is asked about parts of both.
  const filmCuts = trailerCuts(set.films, alikes, SETTINGS.seed + SETTINGS.cuts);
  const asked = {
    texts: [...cuts, ...filmCuts],
    from: [...from, ...filmCuts.map((_, film) => synopses + film)],
  };
  const { seed, text, regression, ridge, bayes } = SETTINGS;
  report(`Learning ${sources.length} sources.`);
  const learned = await learnText(
    { texts: originals, synopses, cuts: asked, sources, targets },
    { ...text, seed },
    { regression: { ...regression, seed }, ridge: { ...ridge, seed }, bayes },
    threads,
  );
  report(`Shares of the members: ${JSON.stringify(learned.shares)}`);
  report('Learning the head.');
  const labels = labelsOf(taxonomy).map(({ id }) => id);
  const known = labelTargets(originals, taxonomy, mapping, hints);
  const head = await learnHead(
    {
      texts,
      scores: learned.unseenScores.subarray(0, texts.length * sources.length),
      sources: sources.length,
      targets: pick(known, [...originals.keys(), ...from], labels.length),
      labels,
      mapped: mappedSources(labels, sources, mapping),
      told: [...texts.keys()].filter((row) => texts[row]!.source !== 'extract'),
      trailerLike: originals.length,
    },
    { ...SETTINGS.head, seed: SETTINGS.seed },
    threads,
  );
  return { learned, head, sources };
}
