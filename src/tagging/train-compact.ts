import path from 'node:path';
import { type PackManifest, writeManifest } from '../inference/packs.js';
import { builtModule, ThreadPool } from '../inference/threads.js';
import { describePack, prepareFolder, writeWeights } from './compact-files.js';
import { validationFigures } from './evaluate-text.js';
import { learnedRowsOf, writeLearnedRows } from './learned-rows.js';
import { labelTargets, mappedSources, type Source, sourcesOf, sourceTargets, wordHints } from './targets.js';
import { type LabelMapping, labelsOf, readMapping, readTaxonomy, type Taxonomy } from './taxonomy.js';
import { learnHead } from './train-head.js';
import { type Corpus, learnText } from './train-text.js';
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

/** Everything that was chosen by the validation split's figures (docs/decisions/020, 021 and 024). */
const SETTINGS = {
  seed: 20_261_122,
  text: { terms: 120_000, fewestTexts: 3, dense: 96 },
  sources: { cost: 0.6, balance: 0.8, epochs: 12 },
  /** Naive Bayes for the genres, in the synopses and in the film extracts. */
  bayes: { smoothing: 1e-5 },
  /** How much each model counts beside the synopses' regression: see `Corpus`. */
  spreads: { synopsesBayes: 1.5, extracts: 0.75, extractsBayes: 0.75 },
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
  );
  const texts = [...originals, ...cuts.flat()];
  const sources = sourcesOf(originals, mapping);
  const hints = wordHints(originals, taxonomy, mapping);

  const targets = sourceTargets(originals, sources, hints);
  const synopses = set.synopses.length;
  const origins = Int32Array.from(texts, (_, row) =>
    row < originals.length ? row : (row - originals.length) % synopses,
  );
  const narrated = corpusOf(targets, sources, origins, (row) => row < synopses);
  const extracted = corpusOf(targets, sources, origins, (row) => row >= synopses && row < originals.length);
  const { spreads, bayes } = SETTINGS;
  report(`Learning ${sources.length} sources.`);
  const learned = await learnText(
    {
      texts,
      synopses,
      sources,
      trailerLike: originals.length,
      corpora: [
        { ...narrated, spread: 1 },
        { ...genresOf(narrated, sources), spread: spreads.synopsesBayes, bayes },
        { ...extracted, spread: spreads.extracts },
        { ...genresOf(extracted, sources), spread: spreads.extractsBayes, bayes },
      ],
    },
    { ...SETTINGS.text, seed: SETTINGS.seed },
    SETTINGS.sources,
    threads,
  );
  report('Learning the head.');
  const labels = labelsOf(taxonomy).map(({ id }) => id);
  const known = labelTargets(originals, taxonomy, mapping, hints);
  const head = await learnHead(
    {
      texts,
      scores: learned.unseenScores,
      sources: sources.length,
      targets: byOrigin(known, origins, labels.length),
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

type Lesson = Pick<Corpus, 'teaches' | 'targets'>;

/**
 * What the wanted rows teach: the sources that one of them has. Everything else is unknown to the corpus.
 * @param origins the original that each text is, or was cut from
 */
function corpusOf(
  targets: Int8Array,
  sources: readonly Source[],
  origins: Int32Array,
  wanted: (row: number) => boolean,
): Lesson {
  const rows = [...origins.keys()].filter(wanted);
  const teaches = [...sources.keys()].filter((source) =>
    rows.some((row) => targets[origins[row]! * sources.length + source] === 1),
  );
  const out = new Int8Array(origins.length * teaches.length);
  for (const row of rows) {
    teaches.forEach((source, j) => {
      out[row * teaches.length + j] = targets[origins[row]! * sources.length + source]!;
    });
  }
  return { teaches, targets: out };
}

/** What a corpus teaches of the genres. */
function genresOf({ teaches, targets }: Lesson, sources: readonly Source[]): Lesson {
  const places = [...teaches.keys()].filter((place) => sources[teaches[place]!]!.startsWith('genre:'));
  return {
    teaches: places.map((place) => teaches[place]!),
    targets: Int8Array.from({ length: (targets.length / teaches.length) * places.length }, (_, at) => {
      const row = Math.floor(at / places.length);
      return targets[row * teaches.length + places[at % places.length]!]!;
    }),
  };
}

/** Each text's targets: those of the original that it is or was cut from. */
function byOrigin(known: Int8Array, origins: Int32Array, labels: number): Int8Array {
  const out = new Int8Array(origins.length * labels);
  origins.forEach((origin, row) => {
    out.set(known.subarray(origin * labels, (origin + 1) * labels), row * labels);
  });
  return out;
}
