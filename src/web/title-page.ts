import { request } from './api.js';
import { type Child, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { predictionCard } from './prediction-card.js';
import { failureCard, progressCard } from './progress-card.js';
import { type Analysis, TITLE, type TitleDetail, type Trailer } from './queries.js';
import { trailerForm } from './trailer-form.js';
import { clock } from './words.js';

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
  const reload = () => {
    showTitle(place, id, left).catch((error: unknown) => replaceChildren(place, failureNotice(error)));
  };
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
    ...title.trailers.edges.map(({ node: trailer }) => trailerSection(trailer, left, reload)),
    element(
      'details',
      { className: 'another', open: title.trailers.edges.length === 0 },
      element('summary', {}, 'Analyse another trailer of this title'),
      trailerForm(title.id, reload),
    ),
  );
}

function trailerSection(trailer: Trailer, left: AbortSignal, reload: () => void): HTMLElement {
  const newest = trailer.analyses.edges[0]?.node;
  return element(
    'section',
    { className: 'trailer', ariaLabel: 'Trailer' },
    element(
      'p',
      { className: 'source' },
      `${sourceName(trailer)}${trailer.durationSeconds === null ? '' : ` · ${clock(trailer.durationSeconds)}`}`,
    ),
    newest ? analysisPart(newest, left, reload) : null,
    trailer.prediction && predictionCard(trailer.prediction, trailer.shots),
  );
}

function analysisPart(analysis: Analysis, left: AbortSignal, reload: () => void): Child {
  if (analysis.state === 'QUEUED' || analysis.state === 'RUNNING')
    return progressCard(analysis, left, reload);
  return analysis.state === 'SUCCEEDED' ? null : failureCard(analysis, reload);
}

function sourceName({ source }: Trailer): string {
  if (source.kind === 'UPLOAD') return 'Uploaded trailer';
  return source.kind === 'PATH' ? (source.locator.split('/').at(-1) ?? source.locator) : source.locator;
}
