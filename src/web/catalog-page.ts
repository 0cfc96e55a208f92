import { request } from './api.js';
import { element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { TITLES, type TitlePage, type TitleSummary } from './queries.js';
import { titleLink } from './title-link.js';
import { titleSearch } from './title-search.js';
import { trailerForm } from './trailer-form.js';

const PAGE_SIZE = 24;
const TAGS_SHOWN = 4;

/** Fills `place` with the form for a new trailer and the titles, newest first. */
export async function showCatalog(place: HTMLElement): Promise<void> {
  document.title = 'Marquee';
  const list = element('ul', { className: 'titles' });
  const count = element('span', { className: 'figure' });
  const more = element('button', { type: 'button', hidden: true }, 'Show more');
  let after: string | null = null;
  const load = async () => {
    const { titles } = await request<TitlePage>(TITLES, { first: PAGE_SIZE, after });
    list.append(...titles.edges.map(({ node }) => titleRow(node)));
    if (titles.totalCount === 0)
      list.replaceChildren(
        element('li', { className: 'none' }, 'No titles yet. Send a trailer, or try the sample.'),
      );
    count.textContent = String(titles.totalCount);
    after = titles.pageInfo.endCursor;
    more.hidden = !titles.pageInfo.hasNextPage;
  };
  more.addEventListener('click', () => {
    load().catch((error: unknown) => more.replaceWith(failureNotice(error)));
  });
  await load();
  replaceChildren(
    place,
    element('h1', { className: 'unseen' }, 'Catalog'),
    element(
      'div',
      { className: 'catalog' },
      trailerForm(null, (id) => {
        location.hash = `#/titles/${id}`;
      }),
      element(
        'div',
        {},
        titleSearch(),
        element('section', { ariaLabel: 'Titles' }, element('h2', {}, 'Titles ', count), list, more),
      ),
    ),
  );
}

function titleRow(title: TitleSummary): HTMLElement {
  const tags = [...(title.prediction?.tags ?? [])]
    .sort((a, b) => b.probability - a.probability)
    .slice(0, TAGS_SHOWN);
  return element(
    'li',
    {},
    titleLink(title),
    element(
      'span',
      { className: 'chips' },
      ...(tags.length > 0
        ? tags.map((tag) =>
            element('span', { className: `chip ${tag.label.id.split('/')[0]}` }, tag.label.name),
          )
        : [
            element(
              'span',
              { className: 'none' },
              title.prediction ? 'nothing stands out' : 'not analysed yet',
            ),
          ]),
    ),
  );
}
