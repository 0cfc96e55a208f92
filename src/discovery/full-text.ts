import type { TitleFilter } from '../catalog/title-filter.js';
import { filterCondition } from '../catalog/title-filter.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import type { Interpretation } from './query-words.js';
import { restrictionCondition } from './restriction.js';

/** Titles that a search looks at closely in each list. */
export const LONGEST_LIST = 200;
/** Below this many matches of all words, matches of some words are taken too. */
const ENOUGH = 20;
/** Trigrams that a name and a query share, as a part of all of theirs: a typing error leaves a third to a half. */
const NAME_LIKENESS = 0.35;
/** A query of many words is no name, unless it is nearly that. */
const LONG_NAME_LIKENESS = 0.6;
const SHORT_NAME = 2; // words
const LONGEST_NAME_QUERY = 80; // characters

/** Of a query's words, this many must be there when all of them are hardly ever together. */
const MOST_OF = 0.6;
/** Longer queries are left to meaning: the ways to leave words out grow too many. */
const MOST_WORDS = 8;

/** Full text in Postgres: names, labels, synopses and transcripts, and names with typing errors. */
export class FullText {
  #hasTrigrams: Promise<boolean> | null = null;

  constructor(private readonly prisma: PrismaClient) {}

  /** Ids, best first: matches of all words, and where those are few, of some. */
  async matches(query: Interpretation, filter: TitleFilter): Promise<string[]> {
    const words = await this.#stems(query.text);
    if (words.length === 0) return [];
    const condition = conditions(query, filter);
    const found = await this.#ranked(anyOf(combinations(words, words.length)), condition);
    const enough = Math.ceil(MOST_OF * words.length);
    if (found.length >= ENOUGH || enough === words.length || words.length > MOST_WORDS) return found;
    const more = await this.#ranked(anyOf(combinations(words, enough)), condition);
    return [...new Set([...found, ...more])].slice(0, LONGEST_LIST);
  }

  /** Ids of titles whose name is the text or nearly so, nearest first; labels do not filter names. */
  async names(text: string, filter: TitleFilter): Promise<string[]> {
    const name = text.trim().toLowerCase();
    if (name === '' || name.length > LONGEST_NAME_QUERY) return [];
    const likeness = name.split(/\s+/).length <= SHORT_NAME ? NAME_LIKENESS : LONG_NAME_LIKENESS;
    this.#hasTrigrams ??= this.#findTrigrams();
    const rows = (await this.#hasTrigrams)
      ? await this.prisma.$queryRaw<{ id: string }[]>`
          SELECT t."id" FROM "Title" t
          WHERE lower(t."name") % ${name} AND similarity(lower(t."name"), ${name}) >= ${likeness}
            AND ${filterCondition(filter)}
          ORDER BY similarity(lower(t."name"), ${name}) DESC, t."id" LIMIT 20`
      : await this.prisma.$queryRaw<{ id: string }[]>`
          SELECT t."id" FROM "Title" t
          WHERE t."name" ILIKE ${`${name.replace(/[\\%_]/g, '\\$&')}%`} AND ${filterCondition(filter)}
          ORDER BY length(t."name"), t."id" LIMIT 20`;
    return rows.map(({ id }) => id);
  }

  /** A piece of the synopsis and the name with the query's words between « and », by title. */
  async highlights(text: string, ids: readonly string[]): Promise<Map<string, string>> {
    const any = Prisma.sql`replace(plainto_tsquery('english', ${text})::text, ' & ', ' | ')::tsquery`;
    const rows = await this.prisma.$queryRaw<{ id: string; highlight: string }[]>`
      SELECT t."id", ts_headline('english', concat_ws(' — ', t."name", t."synopsis"), ${any},
        'StartSel=«, StopSel=», MaxFragments=2, MaxWords=24, MinWords=10, FragmentDelimiter= … ') AS "highlight"
      FROM "Title" t WHERE t."id" = ANY(${[...ids]}::text[])`;
    return new Map(rows.map(({ id, highlight }) => [id, highlight]));
  }

  async #ranked(terms: Prisma.Sql, condition: Prisma.Sql): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT t."id" FROM "TitleProfile" f JOIN "Title" t ON t."id" = f."titleId"
      WHERE f."words" @@ ${terms} AND ${condition}
      ORDER BY ts_rank_cd('{0.1, 0.3, 0.6, 1}', f."words", ${terms}, 1) DESC, t."id"
      LIMIT ${LONGEST_LIST}`;
    return rows.map(({ id }) => id);
  }

  /** The words that count, stemmed. */
  async #stems(text: string): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ stems: string[] }[]>`
      SELECT tsvector_to_array(to_tsvector('english', ${text})) AS "stems"`;
    return rows[0]?.stems ?? [];
  }

  async #findTrigrams(): Promise<boolean> {
    const rows = await this.prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'`;
    return rows.length > 0;
  }
}

/** Every way to take `count` of the words. */
function combinations(words: readonly string[], count: number): string[][] {
  if (count === 0) return [[]];
  return words.flatMap((word, i) =>
    combinations(words.slice(i + 1), count - 1).map((others) => [word, ...others]),
  );
}

/** Stems as Postgres made them, quoted: nothing of them is taken for an operator. */
function anyOf(ways: readonly string[][]): Prisma.Sql {
  const quoted = (stem: string) => `'${stem.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const text = ways.map((stems) => `(${stems.map(quoted).join(' & ')})`).join(' | ');
  return Prisma.sql`${text}::tsquery`;
}

function conditions(query: Interpretation, filter: TitleFilter): Prisma.Sql {
  const labels = [
    ...query.include.map(({ labels }) => Prisma.sql`f."labels" && ${labels}::text[]`),
    ...query.exclude.map(({ labels }) => Prisma.sql`NOT f."labels"[:f."accepted"] && ${labels}::text[]`),
  ];
  const restriction = restrictionCondition({ filter, withoutWords: query.withoutWords });
  return Prisma.join([restriction, ...labels], ' AND ');
}
