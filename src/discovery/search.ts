import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../catalog/page.js';
import type { TitleFilter } from '../catalog/title-filter.js';
import { Failure } from '../failure.js';
import type { ThreadPool } from '../inference/threads.js';
import type { Taxonomy } from '../tagging/taxonomy.js';
import { tellingText } from './common-words.js';
import { type FullText, LONGEST_LIST } from './full-text.js';
import { type Interpretation, interpret } from './query-words.js';
import { fuseRanks } from './rank-fusion.js';
import type { DiscoveryTasks } from './tasks.js';
import { inOrder, type Neighbour } from './vector-index.js';

/** How a search found a title: by its name, its words, its meaning, or its labels. */
export type MatchKind = 'NAME' | 'WORDS' | 'MEANING' | 'LABELS';

export interface TitleMatch extends Neighbour {
  matchedBy: MatchKind[];
}

export interface SearchResult {
  interpretation: Interpretation;
  /** Best first; all that were found. */
  matches: TitleMatch[];
}

export interface SearchRequest {
  query: string;
  filter: TitleFilter;
  minScore: number;
}

const LONGEST_QUERY = 300; // characters
/** A name that is typed is meant; words say more than meaning does. */
const WEIGHTS: Record<Exclude<MatchKind, 'LABELS'>, number> = { NAME: 2, WORDS: 1, MEANING: 0.8 };
/**
 * Of a query of nothing but label words, labels know most; beside other words they filter, and what has nothing but
 * the labels comes last: the weight falls with the cube of their share.
 * `npm run bench -- relevance` (search by a label word) shows what comes of it.
 */
const LABELS_ALONE = 4;

/** How much the lists count of a query, so many of whose words were taken for labels. */
export function weightOf(
  kind: MatchKind,
  { include, rest }: Pick<Interpretation, 'include' | 'rest'>,
): number {
  if (kind !== 'LABELS') return WEIGHTS[kind];
  const words = include.length + rest.length;
  return LABELS_ALONE * (words === 0 ? 1 : include.length / words) ** 3;
}
const ORDER = 'RELEVANCE';

interface SearchParts {
  index: ThreadPool<DiscoveryTasks>;
  fullText: FullText;
  taxonomy: Pick<Taxonomy, 'groups'>;
  /** Stems that tell nothing by themselves. */
  common: ReadonlySet<string>;
}

/**
 * Names, words, meaning and labels, each a ranked list, fused by rank.
 * @throws Failure BAD_INPUT for a query that is empty or too long
 */
export async function searchTitles(parts: SearchParts, request: SearchRequest): Promise<SearchResult> {
  const { query, filter } = request;
  refuseUnusable(query);
  const interpretation = interpret(query, parts.taxonomy);
  const lists = await readLists(parts, interpretation, filter);
  const kindsOf = (id: string) => lists.filter(({ ids }) => ids.includes(id)).map(({ kind }) => kind);
  const fused = fuseRanks(lists.map(({ kind, ids }) => ({ ids, weight: weightOf(kind, interpretation) })));
  const matches = fused
    .filter(({ score }) => score >= request.minScore)
    .map((match) => ({ ...match, matchedBy: kindsOf(match.id) }));
  return { interpretation, matches };
}

/** @throws Failure BAD_INPUT for a query that is empty or too long */
export function refuseUnusable(query: string): void {
  if (query.trim() !== '' && query.length <= LONGEST_QUERY) return;
  throw new Failure('BAD_INPUT', `Search for 1 to ${LONGEST_QUERY} characters.`, { path: ['query'] });
}

async function readLists(
  { index, fullText, common }: SearchParts,
  interpretation: Interpretation,
  filter: TitleFilter,
): Promise<{ kind: MatchKind; ids: string[] }[]> {
  if (interpretation.text === '') return readRemaining(fullText, interpretation, filter);
  const telling = tellingText(interpretation, common);
  const { phrases, withoutWords } = interpretation;
  const restriction = { filter, phrases, withoutWords };
  const [names, words, vectors] = await Promise.all([
    interpretation.exclude.length > 0 ? [] : fullText.names(interpretation.text, restriction),
    fullText.matches(interpretation, telling, filter),
    index.run('searchByText', {
      ...{ texts: [...new Set([interpretation.text, telling])], limit: LONGEST_LIST, restriction },
      include: interpretation.include.map(({ labels }) => labels),
      exclude: interpretation.exclude.flatMap(({ labels }) => labels),
    }),
  ]);
  const ids = (list: Neighbour[]) => list.map(({ id }) => id);
  return [
    { kind: 'NAME' as const, ids: names },
    { kind: 'WORDS' as const, ids: words },
    { kind: 'MEANING' as const, ids: ids(vectors.byVector) },
    { kind: 'LABELS' as const, ids: ids(vectors.byLabel) },
  ].filter(({ ids }) => ids.length > 0);
}

/** A query of nothing but exclusions; one that excludes nothing either has said nothing. */
async function readRemaining(fullText: FullText, interpretation: Interpretation, filter: TitleFilter) {
  const { exclude, withoutWords } = interpretation;
  if (exclude.length + withoutWords.length === 0) return [];
  const kind = exclude.length > 0 ? ('LABELS' as const) : ('WORDS' as const);
  return [{ kind, ids: await fullText.remaining(interpretation, filter) }];
}

/**
 * The stretch of a list in `inOrder` that a page asks for. A title that came in since takes a little from the scores
 * of those below it, so that a page goes on behind the title that the cursor names, wherever that is by now.
 * @throws Failure BAD_INPUT for a foreign cursor
 */
export function pageOfMatches<Row extends Neighbour>(rows: readonly Row[], request: PageRequest): Page<Row> {
  const behind = request.after === null ? rows : rowsBehind(rows, placeOf(request.after));
  return {
    rows: behind.slice(0, request.first),
    cursorOf: neighbourCursor,
    hasNextPage: behind.length > request.first,
  };
}

function rowsBehind<Row extends Neighbour>(rows: readonly Row[], after: Neighbour): readonly Row[] {
  const place = rows.findIndex(({ id }) => id === after.id);
  return place >= 0 ? rows.slice(place + 1) : rows.filter((row) => inOrder(after, row) < 0);
}

export function neighbourCursor({ id, score }: Neighbour): string {
  return encodeCursor(ORDER, { value: score, id });
}

/** @throws Failure BAD_INPUT for anything but a cursor of such a list */
export function placeOf(cursor: string): Neighbour {
  const { id, value } = decodeCursor(ORDER, cursor);
  return { id, score: Number(value) };
}
