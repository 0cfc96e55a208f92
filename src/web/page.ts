import { sentence } from './api.js';
import { showCatalog } from './catalog-page.js';
import { byId, element, replaceChildren } from './elements.js';
import { showTitle } from './title-page.js';

/** Shows what the address names: `#/` is the catalog, `#/titles/<id>` one title. */
async function show(): Promise<void> {
  const main = byId('main');
  const place = element('div', {});
  const titleId = /^#\/titles\/([\w-]+)$/.exec(location.hash)?.[1];
  try {
    await (titleId === undefined ? showCatalog(place) : showTitle(place, titleId));
  } catch (error) {
    replaceChildren(place, element('p', { className: 'notice bad', role: 'alert' }, sentence(error)));
  }
  replaceChildren(main, place);
}

window.addEventListener('hashchange', async () => {
  await show();
  byId('main').focus();
});
void show();
