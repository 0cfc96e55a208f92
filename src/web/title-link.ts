import type { NamedTitle } from './discovery-queries.js';
import { element } from './elements.js';

/** A title's name and year, leading to its page. */
export function titleLink({ id, name, releaseYear }: NamedTitle): HTMLElement {
  return element(
    'a',
    { href: `#/titles/${id}` },
    element('span', { className: 'name' }, name),
    releaseYear !== null && element('span', { className: 'year' }, String(releaseYear)),
  );
}
