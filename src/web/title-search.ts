import { request } from './api.js';
import { type FoundTitles, SEARCH } from './discovery-queries.js';
import { announce, type Child, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { PagedList } from './paged-list.js';
import { titleLink } from './title-link.js';

const FIRST = 10;

type Found = FoundTitles['searchTitles'];

/** A box for a question, what it was taken for, and the titles that answer it. */
export function titleSearch(): HTMLElement {
  const query = element('input', {
    type: 'search',
    id: 'search',
    maxLength: 300,
    placeholder: 'a dark tale of revenge, a name, words of the dialogue …',
  });
  const answer = element('div', {});
  const form = element(
    'form',
    { className: 'search', role: 'search' },
    element('label', { htmlFor: query.id }, 'Search the catalog'),
    element('div', { className: 'row' }, query, element('button', { type: 'submit' }, 'Search')),
  );
  let asked = 0;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = query.value.trim();
    const number = ++asked;
    try {
      const parts = text === '' ? [] : await answerTo(text);
      // Whoever asked last has the answer.
      if (number === asked) replaceChildren(answer, ...parts);
    } catch (error) {
      if (number === asked) replaceChildren(answer, failureNotice(error));
    }
  });
  return element('section', { ariaLabel: 'Search' }, form, answer);
}

/** What the query was taken for, and the titles that it found. */
async function answerTo(query: string): Promise<Child[]> {
  const list = element('ol', { className: 'found', ariaLabel: 'Found' });
  const read = async (after: string | null) =>
    (await request<FoundTitles>(SEARCH, { query, first: FIRST, after })).searchTitles;
  const titles = new PagedList(list, 'Show more found', read, foundTitle);
  const { totalCount, interpretedAs } = await titles.next();
  announce(`${totalCount} titles found.`);
  const taken = element('p', { className: 'small' }, takenFor(interpretedAs));
  if (totalCount === 0) return [taken, element('p', { className: 'none' }, 'Nothing like that here.')];
  return [taken, ...titles.parts];
}

/** What the words of a query were taken for: `Labels: dark. Searched for: “dark tales of a ship”. Without: comedy.` */
function takenFor({ include, exclude, phrases, text, withoutWords }: Found['interpretedAs']): string {
  const wordsOf = (mentions: { word: string }[]) => mentions.map(({ word }) => word);
  const parts: [what: string, words: string[]][] = [
    ['Labels', wordsOf(include)],
    ['Searched for', text === '' ? [] : [`“${text}”`]],
    ['Side by side', phrases.map((phrase) => `“${phrase}”`)],
    ['Without', [...wordsOf(exclude), ...withoutWords]],
  ];
  return parts
    .filter(([, words]) => words.length > 0)
    .map(([what, words]) => `${what}: ${words.join(', ')}.`)
    .join(' ');
}

/** One entry; none for a title that has just been deleted. */
function foundTitle({ title, highlight }: Found['nodes'][number]): HTMLElement | null {
  if (title === null) return null;
  const told = highlight === null ? title.synopsis : null;
  return element(
    'li',
    {},
    titleLink(title),
    highlight !== null && element('p', { className: 'small' }, ...marked(highlight)),
    told !== null && element('p', { className: 'small' }, told),
  );
}

/** `the «blade» of` → the, a marked blade, of. */
function marked(highlight: string): Child[] {
  return highlight.split(/«([^»]*)»/).map((piece, i) => (i % 2 === 1 ? element('mark', {}, piece) : piece));
}
