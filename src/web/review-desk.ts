import { refuseErrors, request, sentence, type UserError } from './api.js';
import { REVIEW_TAG, REVIEWS, type Reviews, UNDO_REVIEW } from './editing-queries.js';
import { announce, element } from './elements.js';
import type { Review, Verdict } from './tag-parts.js';

const VERDICTS: readonly { verdict: Verdict; name: string; said: string }[] = [
  { verdict: 'ACCEPT', name: 'Accept', said: 'accepted' },
  { verdict: 'REJECT', name: 'Reject', said: 'rejected' },
  { verdict: 'PRIMARY', name: 'Primary', said: 'made the primary one' },
];

/** Where an editor judges the tags of one prediction. */
export class ReviewDesk {
  readonly #shown = new Map<string, (review: Review | null) => void>();

  constructor(private readonly predictionId: string) {}

  /** Buttons for each verdict on a tag; the one that stands is pressed, and pressing it again takes it back. */
  buttons(label: { id: string; name: string }, review: Review | null): HTMLElement {
    let standing = review;
    const problem = element('span', { className: 'problem' });
    const buttons = VERDICTS.map(({ verdict, name, said }) => {
      const button = element('button', { type: 'button', ariaLabel: `${name}: ${label.name}` }, name);
      button.addEventListener('click', async () => {
        problem.textContent = '';
        try {
          const isTakenBack = standing?.verdict === verdict;
          await (isTakenBack && standing ? this.#undo(standing.id) : this.#judge(label.id, verdict));
          announce(isTakenBack ? `The verdict on ${label.name} is taken back.` : `${label.name} is ${said}.`);
        } catch (error) {
          problem.textContent = sentence(error);
          announce(problem.textContent);
        }
      });
      return { verdict, button };
    });
    const show = (next: Review | null) => {
      standing = next;
      for (const { verdict, button } of buttons) button.ariaPressed = String(next?.verdict === verdict);
    };
    show(review);
    this.#shown.set(label.id, show);
    return element('span', { className: 'verdicts' }, ...buttons.map(({ button }) => button), problem);
  }

  async #judge(label: string, verdict: Verdict): Promise<void> {
    const input = { predictionId: this.predictionId, label, verdict };
    refuseErrors((await request<{ reviewTag: Answer }>(REVIEW_TAG, { input })).reviewTag.errors);
    await this.#readAgain();
  }

  async #undo(id: string): Promise<void> {
    refuseErrors((await request<{ undoReview: Answer }>(UNDO_REVIEW, { id })).undoReview.errors);
    await this.#readAgain();
  }

  /** One verdict may replace another: a group has one primary tag. */
  async #readAgain(): Promise<void> {
    const { node } = await request<Reviews>(REVIEWS, { id: this.predictionId });
    for (const { label, review } of node?.tags ?? []) this.#shown.get(label.id)?.(review);
  }
}

interface Answer {
  errors: UserError[];
}
