import type { TitleFilter } from '../catalog/title-filter.js';
import { filterCondition } from '../catalog/title-filter.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import type { Interpretation } from './query-words.js';

/** Titles that a search looks at closely in each list. */
export const LONGEST_LIST = 200;
/** Matches of any word that are ranked at most: ranking reads each match's words. */
const RANKED = 2_000;
/** Below this many matches of all words, matches of some words are taken too. */
const ENOUGH = 20;
/** Trigrams that a name and a query share, as a part of all of theirs: "godfahter" and "godfather" share 0.43. */
const NAME_LIKENESS = 0.35;
const LONGEST_NAME_QUERY = 80; // characters

/** A query as `to_tsquery` reads it; what the catalog's words must have and must not have. */
interface TextTerms {
  all: Prisma.Sql;
  any: Prisma.Sql;
}

/** Full text in Postgres: names, labels, synopses and transcripts, and names with typing errors. */
export class FullText {
  #hasTrigrams: Promise<boolean> | null = null;

  constructor(private readonly prisma: PrismaClient) {}

  /** Ids, best first: matches of all words, and where those are few, of some. */
  async matches(query: Interpretation, filter: TitleFilter): Promise<string[]> {
    const { all, any } = textTerms(query.text);
    const condition = conditions(query, filter);
    const found = await this.#ranked(all, condition);
    if (found.length >= ENOUGH) return found;
    const more = await this.#ranked(any, condition);
    return [...new Set([...found, ...more])].slice(0, LONGEST_LIST);
  }

  /** Ids of titles whose name is the text or nearly so, nearest first; labels do not filter names. */
  async names(text: string, filter: TitleFilter): Promise<string[]> {
    const name = text.trim().toLowerCase();
    if (name === '' || name.length > LONGEST_NAME_QUERY) return [];
    this.#hasTrigrams ??= this.#findTrigrams();
    const rows = (await this.#hasTrigrams)
      ? await this.prisma.$queryRaw<{ id: string }[]>`
          SELECT t."id" FROM "Title" t
          WHERE lower(t."name") % ${name} AND similarity(lower(t."name"), ${name}) >= ${NAME_LIKENESS}
            AND ${filterCondition(filter)}
          ORDER BY similarity(lower(t."name"), ${name}) DESC, t."id" LIMIT 20`
      : await this.prisma.$queryRaw<{ id: string }[]>`
          SELECT t."id" FROM "Title" t
          WHERE t."name" ILIKE ${`${name.replace(/[\\%_]/g, '\\$&')}%`} AND ${filterCondition(filter)}
          ORDER BY length(t."name"), t."id" LIMIT 20`;
    return rows.map(({ id }) => id);
  }

  /** Which of the ids pass: the filter, and the words that must not be there. */
  async passing(ids: readonly string[], query: Interpretation, filter: TitleFilter): Promise<Set<string>> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT t."id" FROM "Title" t JOIN "TitleProfile" f ON f."titleId" = t."id"
      WHERE t."id" = ANY(${[...ids]}::text[]) AND ${filterCondition(filter)} AND ${withoutWords(query)}`;
    return new Set(rows.map(({ id }) => id));
  }

  /** A piece of the synopsis and the name with the query's words between « and », by title. */
  async highlights(text: string, ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.prisma.$queryRaw<{ id: string; highlight: string }[]>`
      SELECT t."id", ts_headline('english', concat_ws(' — ', t."name", t."synopsis"), ${textTerms(text).any},
        'StartSel=«, StopSel=», MaxFragments=2, MaxWords=24, MinWords=10, FragmentDelimiter= … ') AS "highlight"
      FROM "Title" t WHERE t."id" = ANY(${[...ids]}::text[])`;
    return new Map(rows.map(({ id, highlight }) => [id, highlight]));
  }

  async #ranked(terms: Prisma.Sql, condition: Prisma.Sql): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM (
        SELECT t."id", f."words" FROM "TitleProfile" f JOIN "Title" t ON t."id" = f."titleId"
        WHERE f."words" @@ ${terms} AND ${condition}
        LIMIT ${RANKED}
      ) found
      ORDER BY ts_rank_cd('{0.1, 0.3, 0.6, 1}', "words", ${terms}, 1) DESC, "id"
      LIMIT ${LONGEST_LIST}`;
    return rows.map(({ id }) => id);
  }

  async #findTrigrams(): Promise<boolean> {
    const rows = await this.prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'`;
    return rows.length > 0;
  }
}

/** Both forms of the same words; Postgres drops stop words and stems the rest. */
function textTerms(text: string): TextTerms {
  return {
    all: Prisma.sql`plainto_tsquery('english', ${text})`,
    any: Prisma.sql`replace(plainto_tsquery('english', ${text})::text, ' & ', ' | ')::tsquery`,
  };
}

function conditions(query: Interpretation, filter: TitleFilter): Prisma.Sql {
  const labels = [
    ...query.include.map(({ labels }) => Prisma.sql`f."labels" && ${labels}::text[]`),
    ...query.exclude.map(({ labels }) => Prisma.sql`NOT f."labels" && ${labels}::text[]`),
  ];
  return Prisma.join([filterCondition(filter), withoutWords(query), ...labels], ' AND ');
}

function withoutWords({ withoutWords }: Interpretation): Prisma.Sql {
  if (withoutWords.length === 0) return Prisma.sql`TRUE`;
  return Prisma.join(
    withoutWords.map((word) => Prisma.sql`NOT f."words" @@ plainto_tsquery('english', ${word})`),
    ' AND ',
  );
}
