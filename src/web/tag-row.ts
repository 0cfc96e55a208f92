import { element } from './elements.js';
import type { Shot } from './queries.js';
import { shareBar } from './share-bar.js';
import type { Evidence, Tag } from './tag-parts.js';
import { clock, percent, SIGNAL_NAMES, STATE_NAMES, WEIGHT_NAMES } from './words.js';

/** A tag that opens to its evidence, with pictures from the trailer's shots, and the buttons to judge it. */
export function tagRow(tag: Tag, shots: readonly Shot[], buttons: HTMLElement): HTMLDetailsElement {
  return element(
    'details',
    { className: 'tag', open: tag.weight === 'PRIMARY' },
    element('summary', {}, tagHead(tag)),
    element('p', { className: 'definition' }, tag.label.definition),
    buttons,
    flipLine(tag),
    tag.evidence.length === 0
      ? element('p', { className: 'none' }, 'No single moment carried this.')
      : element(
          'ol',
          { className: 'evidence' },
          ...tag.evidence.map((moment) => evidenceRow(moment, tag, shots)),
        ),
  );
}

/** A tag's name, decision and probability in one place. */
export function tagHead(tag: Tag): HTMLElement {
  const spoken = `${percent(tag.probability)} likely, threshold ${percent(tag.threshold)}`;
  const mark = tag.weight ? WEIGHT_NAMES[tag.weight] : STATE_NAMES[tag.state];
  return element(
    'span',
    { className: `head ${tag.state.toLowerCase()}` },
    element('span', { className: 'label' }, tag.label.name),
    element('span', { className: `mark ${tag.weight?.toLowerCase() ?? 'plain'}` }, mark),
    shareBar(tag.probability, spoken, tag.threshold),
    element('span', { className: 'figure' }, percent(tag.probability)),
  );
}

/** What it would take to decide otherwise. */
function flipLine({ state, flip }: Tag): HTMLElement | null {
  if (state === 'ACCEPTED') {
    if (flip.moments === null) return null;
    const moments = flip.moments === 1 ? 'its strongest moment' : `its ${flip.moments} strongest moments`;
    return element('p', { className: 'small' }, `Without ${moments} it would not be accepted.`);
  }
  const odds = Math.exp(flip.logOdds).toFixed(1);
  return element('p', { className: 'small' }, `It would be accepted if its odds were ${odds} times as high.`);
}

function evidenceRow(moment: Evidence, tag: Tag, shots: readonly Shot[]): HTMLElement {
  const time = `${clock(moment.startSeconds)}–${clock(moment.endSeconds)}`;
  const strongest = Math.max(...tag.evidence.map((other) => Math.abs(other.contribution)), Number.MIN_VALUE);
  const strength = Math.abs(moment.contribution) / strongest;
  return element(
    'li',
    {},
    picture(moment, shots),
    element(
      'div',
      {},
      element('p', { className: 'when' }, element('time', {}, time), ` · ${SIGNAL_NAMES[moment.signal]}`),
      moment.line !== null && element('q', {}, moment.line),
      shareBar(strength, `Strength beside the other moments: ${percent(strength)}`),
    ),
  );
}

/** The moment's own shot, or the one that is seen in its middle; a word for the signal where neither can be shown. */
function picture(moment: Evidence, shots: readonly Shot[]): HTMLElement {
  const middle = (moment.startSeconds + moment.endSeconds) / 2;
  const seen = shots.find((shot) => shot.startSeconds <= middle && middle < shot.endSeconds);
  const src = moment.thumbnailUrl ?? seen?.thumbnailUrl ?? null;
  return src === null
    ? element('span', { className: 'no-thumbnail', ariaHidden: 'true' }, SIGNAL_NAMES[moment.signal])
    : element('img', { src, alt: `The shot at ${clock(middle)}`, loading: 'lazy' });
}
