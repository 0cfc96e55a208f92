import { request } from './api.js';
import { element, replaceChildren } from './elements.js';
import { PagedList } from './paged-list.js';
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
  const titles = new PagedList(list, 'Show more', readTitles, titleRow);
  const { totalCount } = await titles.next();
  if (totalCount === 0)
    list.append(element('li', { className: 'none' }, 'No titles yet. Send a trailer, or try the sample.'));
  const count = element('span', { className: 'figure' }, String(totalCount));
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
        element('section', { ariaLabel: 'Titles' }, element('h2', {}, 'Titles ', count), ...titles.parts),
      ),
    ),
  );
}

async function readTitles(after: string | null): Promise<TitlePage['titles']> {
  return (await request<TitlePage>(TITLES, { first: PAGE_SIZE, after })).titles;
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
