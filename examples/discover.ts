/**
 * Asks a catalog as an editor would: searches, similar titles, tastes, rows. Prints the answers as Markdown.
 *
 *   npx tsc -p examples && node examples/build/discover.js [questions.json]
 *
 * MARQUEE_URL and MARQUEE_KEY as in api.ts. The questions beside this file are for a catalog of well-known films; titles
 * are named as in "Alien (1979)".
 */
import { readFile } from 'node:fs/promises';
import { ask } from './api.js';

const questions = process.argv[2] ?? 'examples/questions.json';

interface Questions {
  searches: string[];
  similar: string[];
  tastes: { liked: string[]; disliked: string[] }[];
  /** How many. */
  rows: number;
}

interface Title {
  id: string;
  name: string;
  releaseYear: number | null;
}

const named = ({ name, releaseYear }: Title) => (releaseYear === null ? name : `${name} (${releaseYear})`);
const list = (answers: string[]) => (answers.length === 0 ? 'nothing' : answers.join('; '));

/** The title that is named so; null where there is none. */
async function idOf(name: string): Promise<string | null> {
  const [, startsWith, year] = /^(.*?)(?: \((\d{4})\))?$/.exec(name) ?? [];
  const releaseYear = year ? { min: Number(year), max: Number(year) } : null;
  const { titles } = await ask<{ titles: { nodes: Title[] } }>(
    `query ($filter: TitleFilter) { titles(first: 50, filter: $filter) { nodes { id name releaseYear } } }`,
    { filter: { name: { startsWith }, releaseYear } },
  );
  return titles.nodes.find((title) => title.name === startsWith)?.id ?? null;
}

async function search(query: string): Promise<void> {
  const { found } = await ask<{
    found: {
      totalCount: number;
      interpretedAs: { include: { word: string }[]; exclude: { word: string }[] };
      nodes: { title: Title; matchedBy: string[] }[];
    };
  }>(
    `query ($query: String!) { found: searchTitles(query: $query, first: 6) {
      totalCount interpretedAs { include { word } exclude { word } }
      nodes { matchedBy title { id name releaseYear } } } }`,
    { query },
  );
  const { include, exclude } = found.interpretedAs;
  const read = [...include.map(({ word }) => `+${word}`), ...exclude.map(({ word }) => `−${word}`)];
  const answers = found.nodes.map(({ title, matchedBy }) => `${named(title)} [${matchedBy.join(' ')}]`);
  console.log(`- **${query}** ${read.join(' ')} (${found.totalCount}): ${list(answers)}`);
}

async function similar(name: string): Promise<void> {
  const id = await idOf(name);
  if (id === null) {
    console.log(`- **${name}**: not in this catalog`);
    return;
  }
  const { title } = await ask<{ title: { similar: { because: string; title: Title }[] } }>(
    `query ($id: ID!) { title(id: $id) { similar(first: 6) { because title { id name releaseYear } } } }`,
    { id },
  );
  console.log(`- **${name}**`);
  for (const one of title.similar) console.log(`  - ${named(one.title)}: ${one.because}`);
}

async function rank({ liked, disliked }: Questions['tastes'][number]): Promise<void> {
  const known = new Map(
    await Promise.all([...liked, ...disliked].map(async (name) => [name, await idOf(name)] as const)),
  );
  const missing = [...known].filter(([, id]) => id === null).map(([name]) => name);
  if (missing.length > 0) {
    console.log(`- **${liked.join(', ')}**: not in this catalog: ${missing.join(', ')}`);
    return;
  }
  const idsOf = (names: string[]) => names.map((name) => known.get(name));
  const variables = { liked: idsOf(liked), disliked: idsOf(disliked) };
  const { ranked } = await ask<{ ranked: { title: Title }[] }>(
    `query ($liked: [ID!]!, $disliked: [ID!]) {
      ranked: rankForTaste(liked: $liked, disliked: $disliked, first: 10) { title { id name releaseYear } } }`,
    variables,
  );
  const without = disliked.length > 0 ? ` without ${disliked.join(', ')}` : '';
  console.log(`- **${liked.join(', ')}**${without}: ${list(ranked.map(({ title }) => named(title)))}`);
}

async function shelve(first: number): Promise<void> {
  const { rows } = await ask<{ rows: { name: string; matching: number; titles: Title[] }[] }>(
    `query ($first: Int!) { rows(first: $first, size: 6) { name matching titles { id name releaseYear } } }`,
    { first },
  );
  for (const { name, matching, titles } of rows)
    console.log(`- **${name}** (${matching}): ${list(titles.map(named))}`);
}

const asked = JSON.parse(await readFile(questions, 'utf8')) as Questions;
console.log('## Searches\n');
for (const query of asked.searches) await search(query);
console.log('\n## Similar titles\n');
for (const name of asked.similar) await similar(name);
console.log('\n## Tastes\n');
for (const taste of asked.tastes) await rank(taste);
console.log('\n## Rows\n');
await shelve(asked.rows);
