import { request } from './api.js';
import { type Child, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { predictionCard } from './prediction-card.js';
import { failureCard, progressCard } from './progress-card.js';
import { type Analysis, TITLE, type TitleDetail, type Trailer } from './queries.js';
import { clock } from './words.js';

interface Shown {
  section: HTMLElement;
  /** Differs as soon as the section would. */
  version: string;
}

/**
 * The trailers of one title, newest first: what runs, and what was found. Each is shown anew by itself, so that
 * whatever is open, typed or focused elsewhere on the page stays as it is when an analysis ends.
 */
export class TrailerList {
  readonly element = element('div', {});
  readonly #shown = new Map<string, Shown>();

  /**
   * @param left aborted when the page shows something else
   * @param onResult called once an analysis has ended and its trailer is shown
   */
  constructor(
    private readonly titleId: string,
    private readonly left: AbortSignal,
    private readonly onResult: () => void,
  ) {}

  show(trailers: readonly Trailer[]): void {
    for (const trailer of [...trailers].reverse()) {
      const version = versionOf(trailer);
      const known = this.#shown.get(trailer.id);
      if (known?.version === version) continue;
      const section = this.#section(trailer);
      this.#shown.set(trailer.id, { section, version });
      if (!known) this.element.prepend(section);
      else replaceWithFocus(known.section, section);
    }
  }

  /** Reads the trailers again and shows those that have changed. */
  async renew(): Promise<void> {
    try {
      const { title } = await request<{ title: TitleDetail | null }>(TITLE, { id: this.titleId });
      this.show(title?.trailers.edges.map(({ node }) => node) ?? []);
    } catch (error) {
      replaceChildren(this.element, failureNotice(error));
      this.#shown.clear();
    }
  }

  #section(trailer: Trailer): HTMLElement {
    const newest = trailer.analyses.edges[0]?.node;
    return element(
      'section',
      { className: 'trailer', ariaLabel: 'Trailer', tabIndex: -1 },
      element(
        'p',
        { className: 'source' },
        `${sourceName(trailer)}${trailer.durationSeconds === null ? '' : ` · ${clock(trailer.durationSeconds)}`}`,
      ),
      newest ? this.#analysisPart(newest) : null,
      trailer.prediction && predictionCard(trailer.prediction, trailer.shots),
    );
  }

  #analysisPart(analysis: Analysis): Child {
    const renew = () => void this.renew();
    if (analysis.state === 'QUEUED' || analysis.state === 'RUNNING')
      return progressCard(analysis, this.left, () => void this.renew().then(this.onResult));
    return analysis.state === 'SUCCEEDED' ? null : failureCard(analysis, renew);
  }
}

/** An analysis that waits and one that runs look alike: the card follows its events by itself. */
function versionOf({ analyses, prediction }: Trailer): string {
  const newest = analyses.edges[0]?.node;
  const state = newest?.state === 'QUEUED' ? 'RUNNING' : newest?.state;
  return [newest?.id, state, prediction?.id].join(' ');
}

/** Whoever stood in what goes stands in what comes, and not at the top of the page. */
function replaceWithFocus(old: HTMLElement, made: HTMLElement): void {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(made);
  if (hadFocus) made.focus({ preventScroll: true });
}

function sourceName({ source }: Trailer): string {
  if (source.kind === 'UPLOAD') return 'Uploaded trailer';
  return source.kind === 'PATH' ? (source.locator.split('/').at(-1) ?? source.locator) : source.locator;
}
