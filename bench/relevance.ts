// npm run bench -- relevance [--json] [--queries <n>]: how well similar titles and label search agree with genres.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Blend, DEFAULT_BLEND } from '../src/discovery/aspect.js';
import type { CatalogIndex } from '../src/discovery/catalog-index.js';
import { byLabels } from '../src/discovery/label-search.js';
import { createIndex } from '../src/discovery/open-index.js';
import { mergeLabels } from '../src/discovery/profile.js';
import { fuseRanks } from '../src/discovery/rank-fusion.js';
import { weightOf } from '../src/discovery/search.js';
import { TextReader } from '../src/discovery/text-reader.js';
import { hash32, permutation, randomStream } from '../src/tagging/random.js';
import { type PlainFilm, readPlainFilms } from './discovery/films.js';
import { interval, ndcg } from './discovery/gain.js';
import { TextRanking } from './discovery/text-ranking.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const pack = path.join(root, 'models', 'compact');
const films = path.resolve(root, '../shared/data/films.jsonl.gz');
const SEED = 20_261_122;
const DEPTH = 10;
const LIST = 200;
/** Weights of the meaning of texts and of their words beside tags, of which the served ones were chosen. */
const TEXT_WEIGHTS = [0, 0.3, 0.64, 1];
const WORD_WEIGHTS = [0, 0.3, 0.5, 0.7, 1, 1.5];
/** Labels that a person would type, each with the source's genre that answers it. */
const LABEL_QUERIES: [string, string][] = [
  ['genre/western', 'Western'],
  ['genre/horror', 'Horror'],
  ['genre/science-fiction', 'Science Fiction'],
  ['genre/war', 'War'],
  ['genre/musical', 'Musical'],
  ['genre/crime', 'Crime'],
  ['genre/romance', 'Romance'],
  ['genre/comedy', 'Comedy'],
  ['genre/thriller', 'Thriller'],
  ['genre/mystery', 'Mystery'],
  ['genre/animation', 'Animated'],
  ['genre/documentary', 'Documentary'],
  ['genre/sport', 'Sports'],
  ['genre/adventure', 'Adventure'],
  ['genre/fantasy', 'Fantasy'],
  ['genre/biography', 'Biography'],
];

/**
 * The protocol: genre words are masked in all texts, no title's own genres are put into the index, and titles are
 * asked for that the pack did not learn from: half of them (validation) chose the blend, the others judge it. A title is as relevant as its genres overlap the query's (Jaccard).
 */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  if (!existsSync(films)) {
    process.stdout.write(`bench relevance: skipped, there is no ${path.relative(root, films)}.\n`);
    return;
  }
  const count = Number(args[args.indexOf('--queries') + 1]) || 1_000;
  const rows = await readPlainFilms(films);
  const reader = await TextReader.load(pack);
  const index = await createIndex(pack, reader, true);
  const vectors = index.vectors!;
  index.reserve(rows.length);
  for (const { id, text } of rows) {
    const { vector, words, opinions } = await reader.read({ synopsis: text, transcript: null, genres: [] });
    const labels = mergeLabels({ opinions, given: [], verdicts: [] });
    index.put({
      id,
      vectors: { TEXT: vector, PICTURE: null, SOUND: null },
      words,
      labels: labels.map(({ label }) => label),
      probabilities: labels.map(({ probability }) => probability),
      accepted: labels.filter(({ accepted }) => accepted).length,
      createdAt: 0,
    });
  }
  const genresOf = new Map(rows.map(({ id, genres }) => [id, new Set(genres)]));
  const words = new TextRanking(rows);
  const random = randomStream(SEED);
  const order = permutation(rows.length, random);
  const unseen = [...order]
    .map((i) => rows[i]!)
    .filter(({ genres, learned }) => genres.length > 0 && !learned)
    .slice(0, count);
  const isValidation = ({ id }: { id: string }) => hash32(id) % 2 === 0;
  const queries = unseen.filter((row) => !isValidation(row));
  const likeness = (a: string, b: string) => jaccard(genresOf.get(a)!, genresOf.get(b)!);

  const blendOf = (text: number, word: number, tags: number): Blend => ({
    ...DEFAULT_BLEND,
    ...{ TEXT: text, WORDS: word, TAGS: tags },
  });
  const near = (id: string, blend: Blend) =>
    vectors
      .nearest({
        ...{ query: vectors.at(index.numbers.of(id)!), blend, limit: DEPTH },
        fits: (row) => index.numbers.idOf(row) !== id,
      })
      .map((found) => found.id);
  const methods: Record<string, (id: string) => string[]> = {
    random: (id) =>
      Array.from({ length: DEPTH }, () => rows[Math.floor(random() * rows.length)]!.id).filter(
        (other) => other !== id,
      ),
    'predicted genres alone': (id) => genreOnly(index, id),
    'full text alone (TF-IDF)': (id) => words.similar(id, DEPTH),
    'vectors of the text alone': (id) => near(id, blendOf(1, 0, 0)),
    'words alone': (id) => near(id, blendOf(0, 1, 0)),
    'labels alone': (id) => near(id, blendOf(0, 0, 1)),
    'hybrid, as served': (id) => near(id, DEFAULT_BLEND),
  };
  const idealOf = ({ id, genres }: PlainFilm) => idealGains(genres, rows, id);
  const gainOf = (film: PlainFilm, found: string[]) =>
    ndcg(
      found.map((other) => likeness(film.id, other)),
      idealOf(film),
    );
  const lines: { task: string; method: string; ndcg: number; low: number; high: number; beats: string }[] =
    [];
  for (const text of TEXT_WEIGHTS) {
    for (const word of WORD_WEIGHTS) {
      const blend = blendOf(text, word, 1);
      const gains = unseen.filter(isValidation).map((film) => gainOf(film, near(film.id, blend)));
      lines.push(lineOf('similar, validation half', `meaning ${text}, words ${word}`, gains, gains));
    }
  }
  let hybrid: number[] = [];
  const scored = Object.entries(methods).map(([method, find]) => {
    const gains = queries.map((film) => gainOf(film, find(film.id)));
    if (method.startsWith('hybrid')) hybrid = gains;
    return { method, gains };
  });
  for (const { method, gains } of scored) lines.push(lineOf('similar titles', method, gains, hybrid));

  /** The lists of a search by one label word, fused as the server does; what lacks the label is filtered out. */
  const hybridSearch = (label: string) => {
    const number = index.labels.numberOf(label)!;
    const word = label.split('/')[1]!.replaceAll('-', ' ');
    const fits = (id: string) => index.labels.probability(index.numbers.of(id)!, number) > 0;
    const query = { include: [{ word, labels: [label] }], rest: [] };
    const lists = [
      { ids: words.search(word, LIST).filter(fits), weight: weightOf('WORDS', query) },
      { ids: byLabel(index, label, LIST), weight: weightOf('LABELS', query) },
    ];
    return fuseRanks(lists.filter(({ ids }) => ids.length > 0))
      .slice(0, DEPTH)
      .map(({ id }) => id);
  };
  const labelScores = LABEL_QUERIES.map(([label, genre]) => {
    const isRelevant = (id: string) => (genresOf.get(id)!.has(genre) ? 1 : 0);
    const ideal = Array.from({ length: DEPTH }, () => 1);
    return {
      random: ndcg(
        Array.from({ length: DEPTH }, () => isRelevant(rows[Math.floor(random() * rows.length)]!.id)),
        ideal,
      ),
      'full text alone (TF-IDF)': ndcg(
        words.search(label.split('/')[1]!.replaceAll('-', ' '), DEPTH).map(isRelevant),
        ideal,
      ),
      'labels alone': ndcg(byLabel(index, label, DEPTH).map(isRelevant), ideal),
      'hybrid, as served': ndcg(hybridSearch(label).map(isRelevant), ideal),
    };
  });
  const served = labelScores.map((row) => row['hybrid, as served']);
  for (const method of ['random', 'full text alone (TF-IDF)', 'labels alone', 'hybrid, as served'] as const)
    lines.push(
      lineOf(
        'search by a label word',
        method,
        labelScores.map((row) => row[method]),
        served,
      ),
    );

  if (json) process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`);
  else {
    process.stdout.write(
      `${rows.length} films, ${queries.length} query titles, ${LABEL_QUERIES.length} label words; nDCG@10 [95 % interval]\n`,
    );
    for (const { task, method, ndcg, low, high, beats } of lines)
      process.stdout.write(
        `${task.padEnd(26)}${method.padEnd(28)}${ndcg.toFixed(3)}  [${low.toFixed(3)}, ${high.toFixed(3)}]  ${beats}\n`,
      );
  }
}

/** The served method's lead over this one, with its interval over the queries. */
function lineOf(task: string, method: string, gains: number[], served: number[]) {
  const own = interval(gains, hash32(task));
  const lead = interval(
    served.map((value, i) => value - gains[i]!),
    hash32(method),
  );
  const beats =
    served === gains
      ? ''
      : `served leads by ${lead.mean.toFixed(3)} [${lead.low.toFixed(3)}, ${lead.high.toFixed(3)}]`;
  return { task, method, ndcg: own.mean, low: own.low, high: own.high, beats };
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const genre of a) if (b.has(genre)) both++;
  return both / (a.size + b.size - both);
}

function idealGains(
  genres: readonly string[],
  rows: readonly { id: string; genres: string[] }[],
  id: string,
): number[] {
  const own = new Set(genres);
  const best: number[] = [];
  for (const row of rows) {
    if (row.id === id) continue;
    if (jaccard(own, new Set(row.genres)) === 1) best.push(1);
    if (best.length === DEPTH) return best;
  }
  const all = rows.filter((row) => row.id !== id).map((row) => jaccard(own, new Set(row.genres)));
  return all.sort((a, b) => b - a).slice(0, DEPTH);
}

/** By how the predicted genres overlap; the rest is left to chance. */
function genreOnly({ labels, numbers }: CatalogIndex, id: string): string[] {
  const genresAt = (row: number) =>
    new Set(
      labels
        .acceptedOf(row)
        .map((label) => labels.labels[label]!.id)
        .filter((label) => label.startsWith('genre/')),
    );
  const own = genresAt(numbers.of(id)!);
  return numbers.ids
    .map((other, row) => ({ id: other, score: jaccard(own, genresAt(row)) || 0 }))
    .filter((row) => row.id !== id)
    .sort((a, b) => b.score - a.score || hash32(a.id) - hash32(b.id))
    .slice(0, DEPTH)
    .map((row) => row.id);
}

/** As the server lists what has a label. */
function byLabel(index: CatalogIndex, label: string, count: number): string[] {
  const condition = { include: [[index.labels.numberOf(label)!]], exclude: [] };
  return byLabels(index, condition, count, null).map(({ id }) => id);
}
