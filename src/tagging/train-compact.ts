import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint, nameModel, type PackManifest, writeManifest } from '../inference/packs.js';
import { ThreadPool } from '../inference/threads.js';
import { pictureModel, readStatistics, soundModel } from '../signals/statistics.js';
import { TEXT_FILES } from '../signals/text-model.js';
import { HEAD_FILE } from './compact-tagger.js';
import { validationFigures } from './evaluate-text.js';
import { FUSION_WEIGHTS } from './fusion.js';
import { labelTargets, sourcesOf, sourceTargets, wordHints } from './targets.js';
import { type LabelMapping, labelsOf, readMapping, readTaxonomy, type Taxonomy } from './taxonomy.js';
import { quantise, writeTextGraph } from './text-graph.js';
import { learnHead } from './train-head.js';
import { type Corpus, type LearnedText, learnText } from './train-text.js';
import type { trainTasks } from './train-thread.js';
import { alikesOf, DATA_FILES, readTrainingSet, type TrainingSet, trailerCuts } from './training-set.js';

export interface TrainCompactOptions {
  /** Has `synopses.jsonl.gz` and `films.jsonl.gz`. */
  dataFolder: string;
  /** Gets the pack's files; `statistics.json` lies there already, the taxonomy and its mapping beside it. */
  outFolder: string;
  /** Told each step, in a sentence. */
  report?: (line: string) => void;
}

/** Everything that was chosen by the validation split's figures (docs/decisions/020 and 021). */
const SETTINGS = {
  seed: 20_261_122,
  text: { terms: 55_000, fewestTexts: 3, dense: 96 },
  sources: { cost: 1, balance: 0.7, epochs: 10 },
  head: { cost: 4, balance: 0.5, epochs: 10 },
  /** Noisy cuts of each synopsis that the head learns and is calibrated on. */
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
  const taxonomy = await readTaxonomy(beside('taxonomy.json'));
  const mapping = await readMapping(beside('label-mapping.json'), taxonomy);
  const set = await readTrainingSet(options.dataFolder);
  report(`Learning from ${set.synopses.length} synopses and ${set.films.length} film extracts.`);

  const threads = new ThreadPool<typeof trainTasks>(threadEntry(), THREADS);
  try {
    const { learned, head, sources } = await learn(set, taxonomy, mapping, threads, report);
    await mkdir(options.outFolder, { recursive: true });
    const inPack = (name: string) => path.join(options.outFolder, name);
    await writeFile(inPack(TEXT_FILES.vocabulary), vocabularyFile(learned));
    const width = SETTINGS.text.dense + sources.length;
    await writeFile(
      inPack(TEXT_FILES.graph),
      writeTextGraph(quantise(learned.table, width), SETTINGS.text.dense),
    );
    await writeFile(inPack(TEXT_FILES.layout), json({ dense: SETTINGS.text.dense, sources }));
    await writeFile(inPack(HEAD_FILE), json(head));
  } finally {
    await threads.close();
  }
  await writeManifest(options.outFolder, await describePack(options, {}));
  report('Measuring on the validation split.');
  const manifest = await describePack(
    options,
    await validationFigures(options.outFolder, set, SETTINGS.seed),
  );
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
  report(`Learning ${sources.length} sources.`);
  const learned = await learnText(
    {
      texts,
      originals: originals.length,
      sources,
      corpora: [
        corpusOf(targets, sources.length, { from: 0, to: set.synopses.length, of: texts.length }, [
          ...sources.keys(),
        ]),
        corpusOf(
          targets,
          sources.length,
          { from: set.synopses.length, to: originals.length, of: texts.length },
          [...sources.keys()].filter((j) => sources[j]!.startsWith('genre:')),
        ),
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
      targets: withCuts(known, set.synopses.length, labels.length, cuts.length),
      labels,
      calibrateFrom: originals.length,
    },
    { ...SETTINGS.head, seed: SETTINGS.seed },
    threads,
  );
  return { learned, head, sources };
}

/** The part of the originals' targets in rows `from` … `to` and the columns `teaches`; all other rows are unknown. */
function corpusOf(
  targets: Int8Array,
  sources: number,
  rows: { from: number; to: number; of: number },
  teaches: number[],
): Corpus {
  const out = new Int8Array(rows.of * teaches.length);
  for (let i = rows.from; i < rows.to; i++) {
    teaches.forEach((source, j) => {
      out[i * teaches.length + j] = targets[i * sources + source]!;
    });
  }
  return { teaches, targets: out };
}

/** The originals' targets, and for each set of cuts those of the synopses (the first originals) again. */
function withCuts(known: Int8Array, synopses: number, labels: number, cuts: number): Int8Array {
  const ofSynopses = known.subarray(0, synopses * labels);
  const out = new Int8Array(known.length + cuts * ofSynopses.length);
  out.set(known);
  for (let n = 0; n < cuts; n++) out.set(ofSynopses, known.length + n * ofSynopses.length);
  return out;
}

function vocabularyFile({ documents, counts }: LearnedText): string {
  return `${[documents, ...counts.map(([term, n]) => `${term}\t${n}`)].join('\n')}\n`;
}

async function describePack(
  options: TrainCompactOptions,
  figures: Record<string, number>,
): Promise<PackManifest> {
  const { outFolder, dataFolder } = options;
  const statistics = await readStatistics(path.join(outFolder, 'statistics.json'));
  const names = [
    ...Object.values(TEXT_FILES),
    HEAD_FILE,
    'statistics.json',
    '../taxonomy.json',
    '../cues.json',
  ].sort();
  const files: PackManifest['files'] = {};
  for (const name of names) files[name] = await fingerprint(path.join(outFolder, name));
  const sha = (...of: string[]) => of.map((name) => files[name]!.sha256);
  const text = nameModel('compact-text', sha(...Object.values(TEXT_FILES)));
  const picture = pictureModel(statistics);
  const sound = soundModel(statistics);
  const data: PackManifest['data'] = {};
  for (const name of Object.values(DATA_FILES))
    data[name] = (await fingerprint(path.join(dataFolder, name))).sha256;
  return {
    id: 'compact',
    version: PACK_VERSION,
    models: {
      TEXT: text,
      PICTURE: picture,
      SOUND: sound,
      HEAD: nameModel('compact-head', [
        ...sha(HEAD_FILE, '../taxonomy.json', '../cues.json'),
        text,
        picture,
        sound,
      ]),
      FUSED: nameModel('compact-fused', [JSON.stringify(FUSION_WEIGHTS), text, picture, sound]),
    },
    files,
    data,
    code: await codeFingerprint(),
    seed: SETTINGS.seed,
    figures,
  };
}

/** The modules that decide what is learned, from `src/`. */
const CODE = [
  'signals/text-words',
  'signals/text-features',
  ...['corpus', 'training-set', 'noise', 'random', 'targets', 'sparse', 'logistic', 'cross-fit', 'subspace'],
  ...['train-text', 'train-head', 'calibration', 'thresholds', 'text-graph', 'train-compact'],
].map((name) => (name.includes('/') ? name : `tagging/${name}`));

/** sha256 over the training code as it is written, not as it is compiled. */
async function codeFingerprint(): Promise<string> {
  const source = fileURLToPath(new URL('../../src/', import.meta.url));
  const hash = createHash('sha256');
  for (const name of CODE) hash.update(await readFile(path.join(source, `${name}.ts`)));
  return hash.digest('hex');
}

/** Threads run built modules, also when this one runs from its TypeScript under vitest. */
function threadEntry(): URL {
  return new URL('./train-thread.js', import.meta.url.replace('/src/', '/dist/'));
}

const json = (value: unknown) => `${JSON.stringify(value)}\n`;
