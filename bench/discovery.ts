// npm run bench -- discovery [--json] [--titles <n>] [--vectors memory|pgvector] [--growth]: similar titles, search,
// ranking and rows at size; on DATABASE_URL's server where one is given.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Notifications } from '../src/analysis/notifications.js';
import { openDatabase } from '../src/catalog/database.js';
import { registerLabels } from '../src/catalog/registry.js';
import { readConfig } from '../src/config.js';
import { type Aspects, DEFAULT_BLEND, DENSE_ASPECTS } from '../src/discovery/aspect.js';
import { Discovery } from '../src/discovery/discovery.js';
import type { EngineKind } from '../src/discovery/engine-choice.js';
import { UNRESTRICTED } from '../src/discovery/restriction.js';
import type { SparseVector } from '../src/discovery/sparse-vector.js';
import { TitleNumbers } from '../src/discovery/title-numbers.js';
import { VectorIndex } from '../src/discovery/vector-index.js';
import { WordColumn } from '../src/discovery/word-column.js';
import { readManifest } from '../src/inference/packs.js';
import { createLogger } from '../src/log.js';
import { TextModel } from '../src/signals/text-model.js';
import { fusionLayout } from '../src/tagging/compact-tagger.js';
import { labelsOf, readTaxonomy } from '../src/tagging/taxonomy.js';
import { GeneratedCatalog, readTitles, readWords, writeTitles } from './discovery/catalog.js';
import { type Timing, time } from './discovery/timing.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const pack = path.join(root, 'models', 'compact');
const SEED = 20_261_122;
const QUERIES = 400;
const RECALL_QUERIES = 50;
const GROWTH = [10_000, 100_000, 1_000_000];

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const titles = Number(args[args.indexOf('--titles') + 1]) || 100_000;
  const vectors = args[args.indexOf('--vectors') + 1] === 'pgvector' ? 'pgvector' : 'memory';
  const report = args.includes('--growth') ? await measureGrowth() : await measureServed(titles, vectors);
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const line of report.facts) process.stdout.write(`${line}\n`);
    for (const { what, clients, p50, p95, p99, perSecond } of report.timings) {
      const [a, b, c] = [p50, p95, p99].map((ms) => ms.toFixed(1).padStart(8));
      process.stdout.write(
        `${what.padEnd(28)}${String(clients).padStart(3)} clients  p50${a}  p95${b}  p99${c} ms  ${perSecond.toFixed(0)}/s\n`,
      );
    }
  }
}

interface Report {
  facts: string[];
  timings: Timing[];
}

async function generator() {
  const taxonomy = await readTaxonomy(path.join(root, 'models', 'taxonomy.json'));
  const { layout, vocabulary } = await TextModel.load(pack);
  const dimensions = fusionLayout(layout.dense);
  const labels = labelsOf(taxonomy).map(({ id }) => id);
  const catalog = new GeneratedCatalog(dimensions, labels, await readWords(pack), vocabulary, SEED);
  return { taxonomy, catalog, dimensions: { ...dimensions, TAGS: labels.length } };
}

/** Everything as it is served, over the embedded PostgreSQL. */
async function measureServed(count: number, vectors: EngineKind): Promise<Report> {
  const { taxonomy, catalog } = await generator();
  const { models } = await readManifest(pack);
  // Profiles of another text model would be made anew while the queries run.
  const version = models.TEXT.split('@')[1];
  const folder = path.join(root, '.marquee', 'bench', `discovery-words-${count}-${version}`);
  await mkdir(folder, { recursive: true });
  const config = readConfig({ ...process.env, MARQUEE_DATA: folder, LOG_LEVEL: 'error' });
  const log = createLogger('error');
  const database = await openDatabase(config, log);
  const notifications = new Notifications(database.url, log);
  await notifications.start();
  const { prisma, pool, url } = database;
  const discovery = new Discovery({
    vectors,
    prisma,
    pool,
    url,
    feed: notifications,
    taxonomy,
    packFolder: pack,
    log,
  });
  try {
    if ((await prisma.title.count()) < count) {
      await registerLabels(
        prisma,
        taxonomy.groups.flatMap(({ kind, labels }) =>
          labels.map(({ id, name, definition }) => ({ id, name, definition, group: kind })),
        ),
      );
      await writeTitles(pool, catalog, count, models);
    }
    const known = await readTitles(pool);
    const startedAt = performance.now();
    await discovery.start();
    const startSeconds = (performance.now() - startedAt) / 1000;
    const { bytesPerTitle } = await discovery.measure();
    const ids = known.map(({ id }) => id);
    const timings = await timeServed(discovery, catalog, ids);
    const recall = await recallAtTen(discovery, known);
    return {
      facts: [
        `${count} titles; index loaded in ${startSeconds.toFixed(1)} s; ${bytesPerTitle} bytes a title over 5 aspects`,
        `recall@10 against brute force in double precision: ${recall.toFixed(4)} over ${RECALL_QUERIES} titles, all but tags`,
      ],
      timings,
    };
  } finally {
    await discovery.close();
    await notifications.close();
    await database.close();
  }
}

async function timeServed(discovery: Discovery, catalog: GeneratedCatalog, ids: string[]): Promise<Timing[]> {
  const at = (i: number) => ids[(i * 7919) % ids.length]!;
  const queries = Array.from({ length: QUERIES }, () => catalog.query());
  const options = { limit: 10, after: null, minScore: -1, restriction: UNRESTRICTED, blend: DEFAULT_BLEND };
  const day = '2026-11-22';
  const timings: Timing[] = [];
  for (const clients of [1, 16]) {
    timings.push(
      await time('similar titles', clients, QUERIES, (i) =>
        discovery.similar({ ...options, titleIds: [at(i)] }),
      ),
      await time('search', clients, QUERIES, (i) =>
        discovery.search({ query: queries[i]!, filter: {}, minScore: 0 }),
      ),
      await time('rank for a taste of 5', clients, QUERIES / 4, (i) =>
        discovery.rank({
          liked: [0, 1, 2, 3, 4].map((k) => at(5 * i + k)),
          ...{ disliked: [], first: 20, diversity: 0.1, restriction: UNRESTRICTED },
        }),
      ),
      await time('rows, 20 of 20', clients, QUERIES / 4, () =>
        discovery.rows({ first: 20, size: 20, kinds: null, liked: [], freshFirst: false, day }),
      ),
    );
  }
  return timings;
}

/** The share of the true ten that the index gives; tags are left out, as the index makes them itself. */
async function recallAtTen(
  discovery: Discovery,
  known: readonly { id: string; aspects: Aspects }[],
): Promise<number> {
  const blend = { ...DEFAULT_BLEND, TAGS: 0 };
  let found = 0;
  for (let i = 0; i < RECALL_QUERIES; i++) {
    const query = known[(i * 7919) % known.length]!;
    const scores = known.map(({ id, aspects }) => ({ id, score: cosine(query.aspects, aspects, blend) }));
    const truth = new Set(
      scores
        .filter(({ id }) => id !== query.id)
        .sort((a, b) => b.score - a.score)
        .slice(0, 10)
        .map(({ id }) => id),
    );
    const options = { limit: 10, after: null, minScore: -1, restriction: UNRESTRICTED, blend };
    const [list] = await discovery.similar({ ...options, titleIds: [query.id] });
    found += list!.filter(({ id }) => truth.has(id)).length;
  }
  return found / (10 * RECALL_QUERIES);
}

/** Written apart from the index, in double precision. */
function cosine(a: Aspects, b: Aspects, blend: typeof DEFAULT_BLEND): number {
  let sum = 0;
  let mass = 0;
  if (a.WORDS && b.WORDS) {
    sum += blend.WORDS * sharedWeight(a.WORDS, b.WORDS);
    mass += blend.WORDS;
  }
  for (const aspect of DENSE_ASPECTS) {
    const [x, y] = [a[aspect], b[aspect]];
    if (!x || !y || blend[aspect] === 0) continue;
    const product = x.reduce((total, value, i) => total + value * y[i]!, 0);
    sum += blend[aspect] * product;
    mass += blend[aspect];
  }
  return mass > 0 ? sum / mass : -1;
}

function sharedWeight(a: SparseVector, b: SparseVector): number {
  const ofB = new Map(Array.from(b.terms, (term, i) => [term, b.weights[i]!]));
  return a.terms.reduce((sum, term, i) => sum + a.weights[i]! * (ofB.get(term) ?? 0), 0);
}

/** The index alone, in this thread. */
async function measureGrowth(): Promise<Report> {
  const timings: Timing[] = [];
  const facts: string[] = [];
  for (const count of GROWTH) {
    const { catalog, dimensions } = await generator();
    const numbers = new TitleNumbers();
    const column = new WordColumn();
    const index = new VectorIndex(dimensions, numbers, column);
    index.reserve(count);
    column.reserve(count);
    for (let i = 0; i < count; i++) {
      const { id, aspects, words } = catalog.next(i);
      const row = numbers.add(id);
      index.set(row, aspects);
      column.set(row, words);
    }
    facts.push(
      `${count} titles: ${(((index.rowBytes + column.rowBytes(count)) * count) / 2 ** 20).toFixed(0)} MiB of vectors`,
    );
    timings.push(
      await time(`similar, ${count} titles`, 1, 200, async (i) => {
        const own = (i * 7919) % count;
        index.nearest({
          query: index.at(own),
          blend: DEFAULT_BLEND,
          limit: 10,
          fits: (row) => row !== own,
        });
      }),
    );
  }
  return { facts, timings };
}
