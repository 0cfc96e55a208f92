import { Failure } from '../failure.js';
import { contentWords } from '../signals/text-words.js';
import { type Aspects, type Blend, MATTER_BLEND, noAspects } from './aspect.js';
import type { EngineKind } from './engine-choice.js';
import { byLabels } from './label-search.js';
import type { LabelCondition } from './label-table.js';
import { MEANING_CUTOFF, speaksOf } from './meaning.js';
import { OpenIndex } from './open-index.js';
import { type RankedTitle, type RankRequest, rankForTaste } from './ranking.js';
import { explain, type Reason } from './reasons.js';
import { firstPassing, type Restriction } from './restriction.js';
import { type BuiltRow, buildRows, type RowRequest } from './rows.js';
import { findTastes } from './taste.js';
import { spelled } from './telling-words.js';
import { type CatalogText, type ReadText, TextReader } from './text-reader.js';
import { EVERYTHING, type NeighbourRequest } from './vector-engine.js';
import type { Neighbour } from './vector-index.js';

/** The likest titles of each of many. */
export interface SimilarQuery {
  titleIds: readonly string[];
  limit: number;
  /** Every list goes on behind this one. */
  after: Neighbour | null;
  minScore: number;
  restriction: Restriction;
  blend: Blend;
}

export interface TextQuery {
  /** The next one is searched with where one finds nothing by meaning. */
  texts: readonly string[];
  limit: number;
  restriction: Restriction;
  /** Label ids: a title must have one of each set, accepted or worth a look. */
  include: readonly (readonly string[])[];
  /** Label ids: none of them may be accepted. */
  exclude: readonly string[];
}

export interface TextMatches {
  byVector: Neighbour[];
  /** Those that have all included labels most surely and little else; empty without such. */
  byLabel: Neighbour[];
}

let reader: Promise<TextReader> | null = null;
let opened: OpenIndex | null = null;

function current(): OpenIndex {
  if (opened) return opened;
  throw new Failure('INTERNAL', 'The index is not open in this thread.');
}

/** What a thread of discovery can do. Some hold the index; others only read texts. */
export const tasks = {
  /** Texts as the pack reads them. */
  async readTexts(input: { packFolder: string; texts: CatalogText[] }): Promise<ReadText[]> {
    reader ??= TextReader.load(input.packFolder);
    const texts = await reader;
    const read: ReadText[] = [];
    for (const text of input.texts) read.push(await texts.read(text));
    return read;
  },

  /** Loads every profile. */
  async open(input: { url: string; packFolder: string; engine: EngineKind }): Promise<void> {
    opened = await OpenIndex.open(input);
  },

  /** Takes over what changed. @param gone titles that are no more; null: something may have been missed */
  async refresh(input: { gone: string[] | null }): Promise<void> {
    await current().refresh(input.gone);
  },

  async shut(): Promise<void> {
    await opened?.close();
    opened = null;
  },

  /** One list a title; empty for one that has no profile yet. */
  async similar({ titleIds, ...request }: SimilarQuery): Promise<Neighbour[][]> {
    const { engine } = current();
    const aspectsOf = await engine.aspectsOf(titleIds);
    return Promise.all(
      titleIds.map((id) => {
        const query = aspectsOf.get(id);
        return query ? engine.nearest({ ...EVERYTHING, ...request, query, without: new Set([id]) }) : [];
      }),
    );
  },

  async explain(input: { pairs: { a: string; b: string; blend: Blend }[] }): Promise<Reason[][]> {
    const { engine, names } = current();
    const aspectsOf = await engine.aspectsOf([...new Set(input.pairs.flatMap(({ a, b }) => [a, b]))]);
    return input.pairs.map(({ a, b, blend }) => {
      const [x, y] = [aspectsOf.get(a), aspectsOf.get(b)];
      return x && y ? explain(x, y, blend, names) : [];
    });
  },

  /** Stems as each text writes them. */
  spellWords(input: { texts: { text: string; stems: string[] }[] }): string[][] {
    return input.texts.map(({ text, stems }) => spelled(stems, text));
  },

  async searchByText({ texts, limit, restriction, ...said }: TextQuery): Promise<TextMatches> {
    const { index, database } = current();
    const known = (id: string) => index.labels.numberOf(id) ?? [];
    const labels: LabelCondition = {
      include: said.include.map((alternatives) => alternatives.flatMap(known)),
      exclude: said.exclude.flatMap(known),
    };
    const [byVector, byLabel] = await Promise.all([
      byFirstMeaning(texts, { ...EVERYTHING, limit, minScore: MEANING_CUTOFF, labels, restriction }),
      firstPassing(database, restriction, limit, null, (count, after) =>
        byLabels(index, labels, count, after),
      ),
    ]);
    return { byVector, byLabel };
  },

  rank(input: RankRequest): Promise<RankedTitle[]> {
    const { engine, names } = current();
    return rankForTaste(engine, input, names);
  },

  async rows(input: Omit<RowRequest, 'tastes' | 'without'> & { liked: string[] }): Promise<BuiltRow[]> {
    const { index, engine, shelving } = current();
    const liked = await engine.aspectsOf(input.liked);
    const tastes = findTastes(
      [...liked].map(([id, aspects]) => ({ id, aspects })),
      MATTER_BLEND,
    );
    const request = { ...input, tastes, without: new Set(input.liked) };
    return buildRows({ index, engine, shelving }, request);
  },

  /** A query's text vector, and the titles whose texts are nearest to it; null without a known word. */
  async readQuery(input: {
    text: string;
    titles: number;
  }): Promise<{ vector: Float32Array; titleIds: string[] } | null> {
    const { engine, reader } = current();
    const [vector] = await reader.model.encode([input.text]);
    if (!vector) return null;
    const near = await engine.nearest({ ...EVERYTHING, ...textAlone(vector), limit: input.titles });
    return { vector, titleIds: near.map(({ id }) => id) };
  },

  /** Titles and the bytes that this thread's columns take for each. */
  measure(): { titles: number; bytesPerTitle: number } {
    const { index } = current();
    return { titles: index.size, bytesPerTitle: index.rowBytes };
  },
};

const textAlone = (vector: Float32Array): { query: Aspects; blend: Blend } => ({
  query: { ...noAspects(), TEXT: vector },
  blend: { TEXT: 1, WORDS: 0, PICTURE: 0, SOUND: 0, TAGS: 0 },
});

async function byFirstMeaning(
  texts: readonly string[],
  request: Omit<NeighbourRequest, 'query' | 'blend'>,
): Promise<Neighbour[]> {
  for (const text of texts) {
    const found = await byMeaning(text, request);
    if (found.length > 0) return found;
  }
  return [];
}

/** The texts nearest to a query that speak of most of its words. */
async function byMeaning(
  text: string,
  request: Omit<NeighbourRequest, 'query' | 'blend'>,
): Promise<Neighbour[]> {
  const { engine, reader } = current();
  const [vector, ...words] = await reader.model.encode([text, ...new Set(contentWords(text))]);
  if (!vector) return [];
  const known = words.filter((word) => word !== null);
  const near = await engine.nearest({ ...request, ...textAlone(vector) });
  const aspectsOf = await engine.aspectsOf(near.map(({ id }) => id));
  return near.filter(({ id }) => {
    const title = aspectsOf.get(id)?.TEXT;
    return title && speaksOf(title, known);
  });
}

export type DiscoveryTasks = typeof tasks;
