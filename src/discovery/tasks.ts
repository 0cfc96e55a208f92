import path from 'node:path';
import { Failure } from '../failure.js';
import { readManifest } from '../inference/packs.js';
import type { Signal } from '../signals/signal.js';
import { sigmoid } from '../tagging/calibration.js';
import { fusionLayout, HEAD_FILE } from '../tagging/compact-tagger.js';
import { readHead } from '../tagging/head.js';
import { labelsOf, readTaxonomy } from '../tagging/taxonomy.js';
import { type Aspects, type Blend, DEFAULT_BLEND, noAspects } from './aspect.js';
import { CatalogIndex, type IndexedLabel } from './catalog-index.js';
import { IndexSource } from './index-source.js';
import { type RankedTitle, type RankRequest, rankForTaste } from './ranking.js';
import { explain, type Reason } from './reasons.js';
import { countLabels, type Postings } from './row-rules.js';
import { type BuiltRow, buildRows, type RowRequest } from './rows.js';
import { sharedWords } from './shared-words.js';
import { findTastes } from './taste.js';
import { type CatalogText, type ReadText, TextReader } from './text-reader.js';
import type { Neighbour } from './vector-index.js';

/** Which titles are like this one; see NeighbourQuery. */
export interface SimilarQuery {
  titleId: string;
  limit: number;
  after: Neighbour | null;
  minScore: number;
}

export interface TextQuery {
  text: string;
  limit: number;
  minScore: number;
  /** Label ids: a title must have one of each set, accepted or worth a look. */
  include: string[][];
  /** Label ids: none of them may be accepted. */
  exclude: string[];
}

export interface TextMatches {
  byVector: Neighbour[];
  /** Those that have all included labels most surely and little else; empty without such. */
  byLabel: Neighbour[];
}

let reader: Promise<TextReader> | null = null;
const readerOf = (packFolder: string) => (reader ??= TextReader.load(packFolder));

interface OpenIndex {
  index: CatalogIndex;
  source: IndexSource;
  packFolder: string;
  postings: { changes: number; value: Postings } | null;
}
let opened: OpenIndex | null = null;
/** Changes are read one after the other. */
let reading: Promise<void> = Promise.resolve();

function current(): OpenIndex {
  if (opened) return opened;
  throw new Failure('INTERNAL', 'The index is not open in this thread.');
}

/** What a thread of discovery can do. One thread holds the index; others only read texts. */
export const tasks = {
  /** Texts as the pack reads them. */
  async readTexts(input: { packFolder: string; texts: CatalogText[] }): Promise<ReadText[]> {
    const texts = await readerOf(input.packFolder);
    const read: ReadText[] = [];
    for (const text of input.texts) read.push(await texts.read(text));
    return read;
  },

  /** Loads every profile. Answers with the number of titles. */
  async open(input: { url: string; packFolder: string }): Promise<number> {
    const { models } = await readManifest(input.packFolder);
    const index = await createIndex(input.packFolder);
    const source = await IndexSource.open(input.url, models);
    await source.readNewer(index);
    opened = { index, source, packFolder: input.packFolder, postings: null };
    return index.size;
  },

  /** Takes over what changed. @param gone titles that are no more; null: something may have been missed */
  async refresh(input: { gone: string[] | null }): Promise<number> {
    const { index, source } = current();
    reading = reading.then(async () => {
      await source.readNewer(index);
      if (input.gone === null) await source.dropGone(index);
      else for (const id of input.gone) index.remove(id);
    });
    await reading;
    return index.size;
  },

  async shut(): Promise<void> {
    await opened?.source.close();
    opened = null;
  },

  /** One list a query; null for a title that has no profile yet. */
  similar(input: { queries: SimilarQuery[]; blend: Blend }): (Neighbour[] | null)[] {
    const { index } = current();
    return input.queries.map(({ titleId, ...query }) => {
      const own = index.aspectsOf(titleId);
      return (
        own &&
        index.vectors.nearest({ ...query, query: own, blend: input.blend, without: new Set([titleId]) })
      );
    });
  },

  explain(input: { pairs: { a: string; b: string; blend: Blend }[] }): Reason[][] {
    const { index } = current();
    const names = index.labels.map(({ name }) => name);
    return input.pairs.map(({ a, b, blend }) => {
      const [x, y] = [index.vectors.aspectsOf(a), index.vectors.aspectsOf(b)];
      return x && y ? explain(x, y, blend, names) : [];
    });
  },

  /** For each pair of texts the telling words that both have. */
  async sharedWords(input: { pairs: { a: string; b: string }[] }): Promise<string[][]> {
    const { model } = await readerOf(current().packFolder);
    return input.pairs.map(({ a, b }) => sharedWords(a, b, model.vocabulary));
  },

  async searchByText(input: TextQuery): Promise<TextMatches> {
    const { index, packFolder } = current();
    const { model } = await readerOf(packFolder);
    const [vector] = await model.encode([input.text]);
    return { byVector: vector ? byVector(index, vector, input) : [], byLabel: byLabel(index, input) };
  },

  rank(input: RankRequest): RankedTitle[] {
    return rankForTaste(current().index, input);
  },

  rows(input: Omit<RowRequest, 'tastes' | 'without'> & { liked: string[] }): BuiltRow[] {
    const open = current();
    const { index } = open;
    if (open.postings?.changes !== index.changes)
      open.postings = { changes: index.changes, value: countLabels(index) };
    const liked = input.liked.flatMap((id) => {
      const aspects = index.aspectsOf(id);
      return aspects ? [{ id, aspects }] : [];
    });
    const tastes = findTastes(liked, DEFAULT_BLEND);
    return buildRows(index, open.postings.value, { ...input, tastes, without: new Set(input.liked) });
  },

  /** Text vectors of queries, for moments. */
  async encode(input: { text: string }): Promise<Float32Array | null> {
    const { model } = await readerOf(current().packFolder);
    return (await model.encode([input.text]))[0] ?? null;
  },

  /** Titles and the bytes that the index takes for each. */
  measure(): { titles: number; bytesPerTitle: number } {
    const { index } = current();
    return { titles: index.size, bytesPerTitle: index.vectors.rowBytes };
  },
};

export type DiscoveryTasks = typeof tasks;

/** An empty index for the pack's labels and vectors. */
export async function createIndex(packFolder: string): Promise<CatalogIndex> {
  const taxonomy = await readTaxonomy(path.join(packFolder, '..', 'taxonomy.json'));
  const head = await readHead(path.join(packFolder, HEAD_FILE));
  const priorOf = new Map(head.labels.map(({ id, prior }) => [id, prior]));
  const labels = labelsOf(taxonomy).map(({ id, name }): IndexedLabel => {
    const share = sigmoid(priorOf.get(id) ?? Number.NEGATIVE_INFINITY);
    return { id, name, rarity: -Math.log(Math.min(0.9, Math.max(0.001, share))) };
  });
  const { model } = await readerOf(packFolder);
  const dimensions: Record<Signal, number> = fusionLayout(model.layout.dense);
  return new CatalogIndex(labels, dimensions);
}

function byVector(index: CatalogIndex, vector: Float32Array, input: TextQuery): Neighbour[] {
  const query: Aspects = { ...noAspects(), TEXT: vector };
  const blend: Blend = { TEXT: 1, PICTURE: 0, SOUND: 0, TAGS: 0 };
  const { limit, minScore } = input;
  const found: Neighbour[] = [];
  const fits = labelFilter(index, input);
  // Filters thin the list out: read on until it is long enough or ends.
  for (let after: Neighbour | null = null, page = 4 * limit; ; page *= 4) {
    const near: Neighbour[] = index.vectors.nearest({ query, blend, limit: page, after, minScore });
    found.push(...near.filter(({ id }) => fits(id)));
    if (found.length >= limit || near.length < page) return found.slice(0, limit);
    after = near.at(-1)!;
  }
}

function byLabel(index: CatalogIndex, input: TextQuery): Neighbour[] {
  if (input.include.length === 0) return [];
  const fits = labelFilter(index, input);
  const found: Neighbour[] = [];
  for (const title of index.titles()) {
    if (!fits(title.id)) continue;
    const tags = index.vectors.aspectsOf(title.id)?.TAGS;
    let likely = 1;
    let focus = 0;
    for (const alternatives of input.include) {
      const places = alternatives
        .map((id) => title.labels.indexOf(index.labelNumber(id) ?? -1))
        .filter((place) => place >= 0);
      const best = places.reduce((p, q) => (title.probabilities[q]! > title.probabilities[p]! ? q : p));
      likely *= title.probabilities[best]!;
      focus += (tags?.[title.labels[best]!] ?? 0) ** 2;
    }
    const score = likely * Math.sqrt(focus);
    found.push({ id: title.id, score: Math.round(score * 1e6) / 1e6 });
  }
  return found.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, input.limit);
}

function labelFilter(index: CatalogIndex, { include, exclude }: TextQuery): (id: string) => boolean {
  const number = (id: string) => index.labelNumber(id) ?? -1;
  const wanted = include.map((alternatives) => alternatives.map(number));
  const unwanted = exclude.map(number);
  return (id) => {
    const title = index.title(id);
    if (!title) return false;
    const accepted = title.labels.subarray(0, title.accepted);
    return (
      wanted.every((alternatives) => alternatives.some((label) => title.labels.includes(label))) &&
      !unwanted.some((label) => accepted.includes(label))
    );
  };
}
