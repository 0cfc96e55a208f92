import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyPack } from '../../src/inference/packs.js';
import { TextModel } from '../../src/signals/text-model.js';
import { HEAD_FILE, loadTagger } from '../../src/tagging/compact-tagger.js';
import { isValidation } from '../../src/tagging/corpus.js';
import { compactScorer } from '../../src/tagging/evaluation/scorer.js';
import { randomStream } from '../../src/tagging/random.js';
import { readMapping, readTaxonomy } from '../../src/tagging/taxonomy.js';
import { trainCompact } from '../../src/tagging/train-compact.js';
import { fingerprintRow, readTrainingRows } from '../../src/tagging/training-row.js';

const synopsisIds = Array.from({ length: 240 }, (_, i) => `tt${i}`);
const filmIds = Array.from({ length: 120 }, (_, i) => `Film_${i}`);
const models = path.join(import.meta.dirname, '../../models');
let folder: string;

/** Three kinds of film, each with words of its own among 200 that all share. */
const KINDS = [
  { tags: ['murder'], genres: ['Horror'], words: ['ghost', 'corpse', 'scream', 'grave'] },
  { tags: ['romantic'], genres: ['Romance'], words: ['wedding', 'kiss', 'letter', 'rose'] },
  { tags: ['revenge'], genres: ['Western'], words: ['sheriff', 'saloon', 'cattle', 'outlaw'] },
];

function story(kind: (typeof KINDS)[number], random: () => number): string {
  const letters = 'abcdefghijklmnopqrst';
  const any = () => `filler${letters[Math.floor(random() * 20)]}${letters[Math.floor(random() * 10)]}`;
  const own = () => kind.words[Math.floor(random() * kind.words.length)];
  return `${Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? own() : any())).join(' ')}.`;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-train-'));
  const random = randomStream(1);
  const synopses = synopsisIds.map((id, i) => {
    const kind = KINDS[i % 3]!;
    const labels = { tag: kind.tags, genre: kind.genres };
    return {
      id,
      title: `Story ${i}`,
      year: 2000,
      source: 'wikipedia',
      synopsis: story(kind, random),
      labels,
    };
  });
  const films = filmIds.map((page, i) => {
    const kind = KINDS[i % 3]!;
    return {
      title: `Film ${i}`,
      year: 1990,
      page,
      genres: kind.genres,
      extract: story(kind, random),
    };
  });
  const lines = (rows: object[]) => gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'));
  await mkdir(path.join(folder, 'data'));
  await writeFile(path.join(folder, 'data', 'synopses.jsonl.gz'), lines(synopses));
  await writeFile(path.join(folder, 'data', 'films.jsonl.gz'), lines(films));
  for (const name of ['taxonomy.json', 'label-mapping.json', 'cues.json']) {
    await copyFile(path.join(models, name), path.join(folder, name));
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function train(name: string) {
  const outFolder = path.join(folder, name);
  await mkdir(outFolder);
  await copyFile(path.join(models, 'compact', 'statistics.json'), path.join(outFolder, 'statistics.json'));
  const manifest = await trainCompact({ dataFolder: path.join(folder, 'data'), outFolder });
  return { outFolder, manifest };
}

test('training twice gives the same bytes, a pack that verifies and knows what taught it, and a model that learned its data', async () => {
  const { outFolder: first, manifest } = await train('first');
  const { outFolder: second } = await train('second');
  for (const name of await readdir(first)) {
    expect(await readFile(path.join(second, name)), name).toEqual(await readFile(path.join(first, name)));
  }
  await verifyPack(first);
  const taxonomy = await readTaxonomy(path.join(folder, 'taxonomy.json'));
  const mapping = await readMapping(path.join(folder, 'label-mapping.json'), taxonomy);
  const scorer = await compactScorer(first, taxonomy, mapping, path.join(first, HEAD_FILE));
  const taught: string[] = [];
  for (const name of ['synopses', 'films']) {
    for await (const row of readTrainingRows([path.join(folder, 'data', `${name}.jsonl.gz`)]))
      if (scorer.learnedFrom(fingerprintRow(row))) taught.push(row.id);
  }
  await scorer.close();
  const isTaught = (id: string) => id.startsWith('Film') || !isValidation(id);
  expect(taught).toEqual([...synopsisIds, ...filmIds].filter(isTaught));
  expect(manifest.figures.tagsMeanAveragePrecision).toBeGreaterThan(0.95);
  const model = await TextModel.load(first);
  const tagger = await loadTagger(first);
  const { document, lines } = (await model.encodeLines([
    'the sheriff and the outlaw',
    'cattle by the saloon',
  ]))!;
  const { tags } = await tagger.tag([
    {
      signal: 'TEXT',
      model: model.name,
      vector: document,
      moments: lines.map((vector, i) => ({
        startSeconds: i,
        endSeconds: i + 1,
        vector,
        line: '',
        shotIndex: null,
      })),
      measures: { words: 4, knownShare: 1 },
      missingReason: null,
    },
  ]);
  const best = tags
    .filter(({ label }) => label.startsWith('genre/'))
    .sort((a, b) => b.probability - a.probability);
  expect(best[0]!.label).toBe('genre/western');
  await model.close();
}, 60_000);
