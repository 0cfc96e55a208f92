import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { fingerprint, nameModel, type PackManifest } from '../inference/packs.js';
import { pictureModel, readStatistics, soundModel } from '../signals/statistics.js';
import { TEXT_FILES } from '../signals/text-model.js';
import { HEAD_FILE } from './compact-tagger.js';
import { FUSION_WEIGHTS } from './fusion.js';
import type { Head } from './head.js';
import { LEARNED_ROWS_FILE } from './learned-rows.js';
import type { Source } from './targets.js';
import { quantise, writeTextGraph } from './text-graph.js';
import type { LearnedText } from './train-text.js';
import { DATA_FILES } from './training-set.js';

const SHIPPED = fileURLToPath(new URL('../../models/compact', import.meta.url));
const STATISTICS = 'statistics.json';
const SHARED = ['../taxonomy.json', '../label-mapping.json', '../cues.json'];

/** Makes the folder, and copies into and beside it what training does not make, from the shipped pack. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of [STATISTICS, ...SHARED]) {
    try {
      await copyFile(path.join(SHIPPED, name), path.join(folder, name), constants.COPYFILE_EXCL);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Writes the text model's three files and the head. */
export async function writeWeights(
  folder: string,
  { learned, head, sources, dense }: { learned: LearnedText; head: Head; sources: Source[]; dense: number },
): Promise<void> {
  const table = quantise(learned.table, dense + sources.length, dense);
  const bias = [...learned.bias].map(round);
  await writeFile(path.join(folder, TEXT_FILES.vocabulary), vocabularyFile(learned));
  await writeFile(path.join(folder, TEXT_FILES.graph), writeTextGraph(table));
  await writeFile(path.join(folder, TEXT_FILES.layout), json({ dense, sources, bias }));
  await writeFile(path.join(folder, HEAD_FILE), json(head));
}

function vocabularyFile({ documents, counts }: LearnedText): Buffer {
  const lines = [documents, ...counts.map(([term, n]) => `${term}\t${n}`)];
  return gzipSync(`${lines.join('\n')}\n`, { level: 9 });
}

/** The manifest of what the pack's folder holds now. */
export async function describePack(
  options: { dataFolder: string; outFolder: string; version: number; seed: number },
  figures: Record<string, number>,
): Promise<PackManifest> {
  const data: PackManifest['data'] = {};
  for (const name of Object.values(DATA_FILES)) {
    data[name] = (await fingerprint(path.join(options.dataFolder, name))).sha256;
  }
  return {
    id: 'compact',
    version: options.version,
    ...(await describeFiles(options.outFolder)),
    data,
    code: await codeFingerprint(),
    seed: options.seed,
    figures,
  };
}

/** The pack's files, and the names of the models, which follow from those that an answer depends on. */
export async function describeFiles(folder: string): Promise<Pick<PackManifest, 'models' | 'files'>> {
  const decisive = [HEAD_FILE, '../taxonomy.json', '../cues.json'];
  const files: PackManifest['files'] = {};
  for (const name of [...Object.values(TEXT_FILES), STATISTICS, LEARNED_ROWS_FILE, ...decisive].sort()) {
    files[name] = await fingerprint(path.join(folder, name));
  }
  const shas = (names: readonly string[]) => names.map((name) => files[name]!.sha256);
  const statistics = await readStatistics(path.join(folder, STATISTICS));
  const encoders = [
    nameModel('compact-text', shas(Object.values(TEXT_FILES))),
    pictureModel(statistics),
    soundModel(statistics),
  ] as const;
  const [TEXT, PICTURE, SOUND] = encoders;
  const HEAD = nameModel('compact-head', [...shas(decisive), ...encoders]);
  const FUSED = nameModel('compact-fused', [JSON.stringify(FUSION_WEIGHTS), ...encoders]);
  return { models: { TEXT, PICTURE, SOUND, HEAD, FUSED }, files };
}

/** The modules that decide what is learned, from `src/`. */
const CODE = [
  'signals/text-words',
  'signals/text-features',
  ...[
    'corpus',
    'training-set',
    'noise',
    'random',
    'targets',
    'sparse',
    'dual-ascent',
    'logistic',
    'bayes',
    'ridge',
    'cross-fit',
    'subspace',
  ],
  ...[
    'text-part/members',
    'text-part/mixture',
    'text-part/learn-mixture',
    'text-part/sharpened',
    'measure',
    'train-text',
    'train-head',
    'calibration',
    'term-counts',
    'text-lengths',
    'label-sides',
    'training/aim',
    'training/calibrator',
    'text-graph',
    'train-compact',
    'compact-files',
  ],
].map((name) => (name.startsWith('signals/') ? name : `tagging/${name}`));

/** sha256 over the training code as it is written, not as it is compiled. */
async function codeFingerprint(): Promise<string> {
  const source = fileURLToPath(new URL('../../src/', import.meta.url));
  const hash = createHash('sha256');
  for (const name of CODE) hash.update(await readFile(path.join(source, `${name}.ts`)));
  return hash.digest('hex');
}

/** Six decimals: more would only say noise. */
const round = (value: number) => Math.round(value * 1e6) / 1e6;
const json = (value: unknown) => `${JSON.stringify(value)}\n`;
