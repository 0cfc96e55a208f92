import { showCatalog } from './catalog-page.js';
import { showClassifiers } from './classifiers-page.js';
import { byId, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { showReviews } from './review-page.js';
import { showRows } from './rows-page.js';
import { showTitle } from './title-page.js';

let left = new AbortController();

/** Shows what the address names: `#/` is the catalog, `#/titles/<id>` one title, `#/rows` the collections, `#/review` what is to be judged, `#/classifiers` what tags them. */
async function show(): Promise<void> {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  const place = element('div', {});
  const titleId = /^#\/titles\/([\w-]+)$/.exec(location.hash)?.[1];
  try {
    if (location.hash === '#/classifiers') await showClassifiers(place, signal);
    else if (location.hash === '#/review') await showReviews(place);
    else if (location.hash === '#/rows') await showRows(place);
    else await (titleId === undefined ? showCatalog(place) : showTitle(place, titleId, signal));
  } catch (error) {
    replaceChildren(place, failureNotice(error));
  }
  // Whoever was faster to go on has the page.
  if (!signal.aborted) replaceChildren(byId('main'), place);
}

window.addEventListener('hashchange', async () => {
  await show();
  byId('main').focus();
});
void show();
