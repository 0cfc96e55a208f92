import type { TitleFilter } from '../catalog/title-filter.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import type { Interpretation } from './query-words.js';
import { type Restriction, restrictionCondition } from './restriction.js';

/** Titles that a search looks at closely in each list. */
export const LONGEST_LIST = 200;
/** Below this many matches of all words, matches of some words are taken too. */
const ENOUGH = 20;
/**
 * Trigrams that a name and a query of one, two and more words share, as a part of all of theirs. A typing error
 * leaves a third of one word's; a query of many words is no name, unless it is nearly that.
 */
const NAME_LIKENESS = [0.35, 0.45, 0.6] as const;
const LONGEST_NAME_QUERY = 80; // characters
const MOST_NAMES = 20;

/** Of a query's words, this many must be there when all of them are hardly ever together. */
const MOST_OF = 0.6;
/** Longer queries are left to meaning: the ways to leave words out grow too many. */
const MOST_WORDS = 8;

/** Full text in Postgres: names, labels, synopses and transcripts, and names with typing errors. */
export class FullText {
  #hasTrigrams: Promise<boolean> | null = null;

  constructor(private readonly prisma: PrismaClient) {}

  /**
   * Ids, best first: matches of all words, and where those are few, of most of them, and of most telling ones.
   * @param telling the query's text without common words
   */
  async matches(query: Interpretation, telling: string, filter: TitleFilter): Promise<string[]> {
    const [words = [], tellingWords = []] = await this.#stems([query.text, telling]);
    const condition = conditions(query, filter);
    const found = new Set<string>();
    for (const ways of waysToMatch(words, tellingWords)) {
      if (found.size >= ENOUGH) break;
      for (const id of await this.#ranked(anyOf(ways), condition)) found.add(id);
    }
    return [...found].slice(0, LONGEST_LIST);
  }

  /**
   * Ids of titles whose name is the text or nearly so, nearest first, with or without accents; labels do not filter
   * names, and a title that has no profile yet is found already. Trigrams know the letters of few scripts, so that a
   * text in others is looked for inside the names.
   */
  async names(text: string, restriction: Restriction): Promise<string[]> {
    const name = text.trim();
    if (name === '' || name.length > LONGEST_NAME_QUERY) return [];
    this.#hasTrigrams ??= this.#findTrigrams();
    const isNear = (await this.#hasTrigrams) && !hasOtherLetters(name) ? nearlyNamed(name) : namedWith(name);
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT t."id" FROM "Title" t LEFT JOIN "TitleProfile" f ON f."titleId" = t."id"
      WHERE ${isNear.condition} AND ${restrictionCondition(restriction)}
      ORDER BY ${isNear.order}, t."id" LIMIT ${MOST_NAMES}`;
    return rows.map(({ id }) => id);
  }

  /** Ids of all titles that a query of nothing but exclusions leaves, the newest first. */
  async remaining(query: Interpretation, filter: TitleFilter): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT t."id" FROM "TitleProfile" f JOIN "Title" t ON t."id" = f."titleId"
      WHERE ${conditions(query, filter)}
      ORDER BY t."createdAt" DESC, t."id" DESC LIMIT ${LONGEST_LIST}`;
    return rows.map(({ id }) => id);
  }

  /** A piece of the synopsis and the name with the query's words between « and », by title. */
  async highlights(text: string, ids: readonly string[]): Promise<Map<string, string>> {
    const any = Prisma.sql`replace(plainto_tsquery('marquee', ${text})::text, ' & ', ' | ')::tsquery`;
    const rows = await this.prisma.$queryRaw<{ id: string; highlight: string }[]>`
      SELECT t."id", ts_headline('marquee', concat_ws(' — ', t."name", t."synopsis"), ${any},
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

  /** The words of each text that count, stemmed. */
  async #stems(texts: string[]): Promise<string[][]> {
    const rows = await this.prisma.$queryRaw<{ stems: string[] }[]>`
      SELECT tsvector_to_array(to_tsvector('marquee', x."text")) AS "stems"
      FROM unnest(${texts}::text[]) WITH ORDINALITY AS x("text", "place") ORDER BY x."place"`;
    return rows.map(({ stems }) => stems);
  }

  async #findTrigrams(): Promise<boolean> {
    const rows = await this.prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'`;
    return rows.length > 0;
  }
}

/** What a text may have of a query's words, the best first; always with a word that tells something. */
function waysToMatch(words: readonly string[], telling: readonly string[]): string[][][] {
  if (words.length === 0) return [];
  if (words.length > MOST_WORDS) return [[[...words]]];
  const tells = new Set(telling);
  const most = combinations(words, Math.ceil(MOST_OF * words.length));
  const steps = [
    [[...words]],
    most.filter((way) => way.some((word) => tells.has(word))),
    combinations(telling, Math.ceil(MOST_OF * telling.length)),
  ];
  return steps.filter((ways, i) => ways.length > 0 && JSON.stringify(ways) !== JSON.stringify(steps[i - 1]));
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
  const restriction = restrictionCondition({ ...query, filter });
  return Prisma.join([restriction, ...labels], ' AND ');
}

/** Letters that stay when accents are taken off those of the Latin script. */
function hasOtherLetters(name: string): boolean {
  return /[^\p{Script=Latin}\p{Script=Inherited}\p{Script=Common}]|\p{Emoji_Presentation}/u.test(name);
}

/** A name's condition on `"Title" t`, and what puts the nearest first. */
interface NameMatch {
  condition: Prisma.Sql;
  order: Prisma.Sql;
}

function nearlyNamed(name: string): NameMatch {
  const words = Math.min(name.split(/\s+/).length, NAME_LIKENESS.length);
  const likeness = Prisma.sql`similarity(marquee_plain(t."name"), marquee_plain(${name}))`;
  return {
    condition: Prisma.sql`marquee_plain(t."name") % marquee_plain(${name}) AND ${likeness} >= ${NAME_LIKENESS[words - 1]!}`,
    order: Prisma.sql`${likeness} DESC`,
  };
}

function namedWith(name: string): NameMatch {
  const place = Prisma.sql`strpos(marquee_plain(t."name"), marquee_plain(${name}))`;
  const order = Prisma.sql`${place}, length(t."name")`;
  if (!hasOtherLetters(name)) return { condition: Prisma.sql`${place} > 0`, order };
  // As the index Title_name_letters has it: computing the place in each of 100,000 names takes a quarter of a second.
  const hasLetters = Prisma.sql`t."name" ~ '[^\\u0001-\\u024f]'
    AND string_to_array(marquee_plain(t."name"), NULL) @> string_to_array(marquee_plain(${name}), NULL)`;
  return { condition: Prisma.sql`${hasLetters} AND ${place} > 0`, order };
}
