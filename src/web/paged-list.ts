import { type Child, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';

/** One page of a list, as the API gives it. */
export interface Page<Node> {
  nodes: readonly Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** A list that a button lengthens page by page. */
export class PagedList<Node, Read extends Page<Node>> {
  readonly #more: HTMLButtonElement;
  readonly #problem = element('div', {});
  #after: string | null = null;

  /**
   * @param read the page behind a cursor
   * @param entry what stands in the list for a node; null for one that is gone
   */
  constructor(
    private readonly list: HTMLElement,
    moreText: string,
    private readonly read: (after: string | null) => Promise<Read>,
    private readonly entry: (node: Node) => HTMLElement | null,
  ) {
    this.#more = element('button', { type: 'button', hidden: true }, moreText);
    this.#more.addEventListener('click', () => this.#lengthen());
  }

  /** The list and its button, for the page. */
  get parts(): Child[] {
    return [this.list, this.#problem, this.#more];
  }

  /** Reads the next page and shows it. @throws ApiError */
  async next(): Promise<Read> {
    const page = await this.read(this.#after);
    this.list.append(...page.nodes.map(this.entry).filter((entry) => entry !== null));
    this.#after = page.pageInfo.endCursor;
    this.#more.hidden = !page.pageInfo.hasNextPage;
    return page;
  }

  /** Pressed twice, the button reads one page; what failed may be asked for again. */
  async #lengthen(): Promise<void> {
    this.#more.disabled = true;
    try {
      await this.next();
      replaceChildren(this.#problem);
    } catch (error) {
      replaceChildren(this.#problem, failureNotice(error));
    }
    this.#more.disabled = false;
  }
}
