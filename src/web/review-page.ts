import { request } from './api.js';
import { REVIEW_QUEUE, type ReviewItem, type ReviewQueue } from './editing-queries.js';
import { element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { ReviewDesk } from './review-desk.js';
import { tagRow } from './tag-row.js';
import { titleLink } from './title-link.js';

const FIRST = 10;

/** Fills `place` with the tags that nobody has judged, those first whose verdict teaches most. */
export async function showReviews(place: HTMLElement): Promise<void> {
  document.title = 'Review · Marquee';
  const list = element('ol', { className: 'queue', ariaLabel: 'Tags to judge' });
  const count = element('span', { className: 'figure' });
  const more = element('button', { type: 'button', hidden: true }, 'Show more');
  const desks = new Map<string, ReviewDesk>();
  let after: string | null = null;
  const load = async () => {
    const { reviewQueue } = await request<ReviewQueue>(REVIEW_QUEUE, { first: FIRST, after });
    list.append(...reviewQueue.nodes.map((item) => queuedTag(item, deskOf(desks, item.prediction.id))));
    count.textContent = String(reviewQueue.totalCount);
    after = reviewQueue.pageInfo.endCursor;
    more.hidden = !reviewQueue.pageInfo.hasNextPage;
  };
  more.addEventListener('click', () => {
    load().catch((error: unknown) => more.replaceWith(failureNotice(error)));
  });
  await load();
  if (list.childElementCount === 0)
    list.append(element('li', { className: 'none' }, 'There is nothing to judge.'));
  replaceChildren(
    place,
    element('h1', {}, 'Review ', count),
    element(
      'p',
      { className: 'synopsis' },
      'Tags that nobody has judged, nearest to their threshold first: there a verdict teaches most. Verdicts stay whatever classifier answers, and trainings learn from them.',
    ),
    list,
    more,
  );
}

/** Verdicts on one prediction may replace each other, so its tags share a desk. */
function deskOf(desks: Map<string, ReviewDesk>, predictionId: string): ReviewDesk {
  const desk = desks.get(predictionId) ?? new ReviewDesk(predictionId);
  desks.set(predictionId, desk);
  return desk;
}

function queuedTag({ tag, prediction }: ReviewItem, desk: ReviewDesk): HTMLElement {
  const { title, shots } = prediction.trailer;
  const row = tagRow(tag, shots, desk.buttons(tag.label, tag.review));
  row.open = true;
  return element('li', { className: 'card' }, titleLink(title), row);
}
