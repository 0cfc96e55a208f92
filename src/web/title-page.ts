import { request } from './api.js';
import { element, replaceChildren } from './elements.js';
import { TITLE, type TitleDetail } from './queries.js';
import { SimilarList } from './similar-titles.js';
import { trailerForm } from './trailer-form.js';
import { TrailerList } from './trailer-list.js';

/**
 * Fills `place` with one title: its trailers, what runs, and what was found.
 *
 * @param left aborted when the page shows something else
 */
export async function showTitle(place: HTMLElement, id: string, left: AbortSignal): Promise<void> {
  const { title } = await request<{ title: TitleDetail | null }>(TITLE, { id });
  if (!title) {
    replaceChildren(
      place,
      element(
        'p',
        { className: 'notice' },
        'This title is not in the catalog (any more). ',
        element('a', { href: '#/' }, 'All titles'),
      ),
    );
    return;
  }
  const similar = new SimilarList(id);
  const trailers = new TrailerList(id, left, () => void similar.renew());
  trailers.show(title.trailers.edges.map(({ node }) => node));
  void similar.renew();
  document.title = `${title.name} · Marquee`;
  replaceChildren(
    place,
    element('nav', { className: 'crumbs', ariaLabel: 'Place' }, element('a', { href: '#/' }, '‹ All titles')),
    element(
      'div',
      { className: 'title-head' },
      element('h1', {}, title.name),
      title.releaseYear !== null && element('span', { className: 'year' }, String(title.releaseYear)),
    ),
    title.synopsis !== null && element('p', { className: 'synopsis' }, title.synopsis),
    trailers.element,
    similar.element,
    anotherTrailer(title, trailers),
  );
}

/** A folded form, which folds again and is empty once its trailer is in the list. */
function anotherTrailer(title: TitleDetail, trailers: TrailerList): HTMLElement {
  const isFirst = title.trailers.edges.length === 0;
  const folded = element('details', { className: 'another', open: isFirst });
  const summary = element(
    'summary',
    {},
    isFirst ? 'Analyse a trailer of this title' : 'Analyse another trailer of this title',
  );
  const offer = () => {
    const form = trailerForm(title.id, () => {
      folded.open = false;
      offer();
      summary.focus({ preventScroll: true });
      void trailers.renew();
    });
    replaceChildren(folded, summary, form);
  };
  offer();
  return folded;
}
