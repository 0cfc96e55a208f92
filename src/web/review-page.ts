import { request } from './api.js';
import { REVIEW_QUEUE, type ReviewItem, type ReviewQueue } from './editing-queries.js';
import { element, replaceChildren } from './elements.js';
import { PagedList } from './paged-list.js';
import { ReviewDesk } from './review-desk.js';
import { tagRow } from './tag-row.js';
import { titleLink } from './title-link.js';

const FIRST = 10;

/** Fills `place` with the tags that nobody has judged, those first whose verdict teaches most. */
export async function showReviews(place: HTMLElement): Promise<void> {
  document.title = 'Review · Marquee';
  const list = element('ol', { className: 'queue', ariaLabel: 'Tags to judge' });
  const desks = new Map<string, ReviewDesk>();
  const queue = new PagedList(list, 'Show more', readQueue, (item: ReviewItem) =>
    queuedTag(item, deskOf(desks, item.prediction.id)),
  );
  const { totalCount } = await queue.next();
  if (totalCount === 0) list.append(element('li', { className: 'none' }, 'There is nothing to judge.'));
  replaceChildren(
    place,
    element('h1', {}, 'Review ', element('span', { className: 'figure' }, String(totalCount))),
    element(
      'p',
      { className: 'synopsis' },
      'Tags that nobody has judged, nearest to their threshold first: there a verdict teaches most. Verdicts stay whatever classifier answers, and trainings learn from them.',
    ),
    ...queue.parts,
  );
}

async function readQueue(after: string | null): Promise<ReviewQueue['reviewQueue']> {
  return (await request<ReviewQueue>(REVIEW_QUEUE, { first: FIRST, after })).reviewQueue;
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
