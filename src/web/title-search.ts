import { request } from './api.js';
import { type FoundTitles, SEARCH } from './editing-queries.js';
import { announce, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { titleLink } from './title-link.js';

const FIRST = 10;

/** A box for a question, and the titles that answer it. */
export function titleSearch(): HTMLElement {
  const query = element('input', {
    type: 'search',
    id: 'search',
    maxLength: 300,
    placeholder: 'a dark tale of revenge, a name, words of the dialogue …',
  });
  const found = element('ol', { className: 'found', ariaLabel: 'Found' });
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
      const rows = text === '' ? [] : await search(text);
      // Whoever asked last has the list.
      if (number === asked) replaceChildren(found, ...rows);
    } catch (error) {
      if (number === asked) replaceChildren(found, element('li', {}, failureNotice(error)));
    }
  });
  return element('section', { ariaLabel: 'Search' }, form, found);
}

async function search(query: string): Promise<HTMLElement[]> {
  const { searchTitles } = await request<FoundTitles>(SEARCH, { query, first: FIRST });
  announce(`${searchTitles.totalCount} titles found.`);
  if (searchTitles.nodes.length === 0)
    return [element('li', { className: 'none' }, 'Nothing like that here.')];
  return searchTitles.nodes.map(({ title }) =>
    element(
      'li',
      {},
      titleLink(title),
      title.synopsis !== null && element('p', { className: 'small' }, title.synopsis),
    ),
  );
}
