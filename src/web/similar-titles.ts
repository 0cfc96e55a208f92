import { request } from './api.js';
import { SIMILAR, type SimilarTitles } from './discovery-queries.js';
import { element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { titleLink } from './title-link.js';

const FIRST = 6;

/** What is like one title, and why; empty for a title of which too little is known. */
export class SimilarList {
  readonly element = element('section', { className: 'similar', ariaLabel: 'Similar titles', hidden: true });

  constructor(private readonly titleId: string) {}

  /** Asks what is similar now, and shows it. */
  async renew(): Promise<void> {
    try {
      const { title } = await request<SimilarTitles>(SIMILAR, { id: this.titleId, first: FIRST });
      const entries = (title?.similar ?? []).map((entry) => similarTitle(entry));
      this.element.hidden = entries.length === 0;
      replaceChildren(
        this.element,
        element('h2', {}, 'Similar titles'),
        element('ul', { className: 'found' }, ...entries),
      );
    } catch (error) {
      this.element.hidden = false;
      replaceChildren(this.element, failureNotice(error));
    }
  }
}

type Entry = NonNullable<SimilarTitles['title']>['similar'][number];

function similarTitle({ title, because }: Entry): HTMLElement | null {
  return title && element('li', {}, titleLink(title), element('p', { className: 'small' }, because));
}
