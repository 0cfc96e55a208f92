import { element } from './elements.js';
import type { Evidence, LabelGroupKind, Prediction, SignalQuality, Tag } from './queries.js';
import { clock, percent, SIGNAL_NAMES, STATE_NAMES, WEIGHT_NAMES } from './words.js';

const GROUPS: readonly { kind: LabelGroupKind; name: string }[] = [
  { kind: 'GENRE', name: 'Genre' },
  { kind: 'MOOD', name: 'Mood' },
  { kind: 'THEME', name: 'Theme' },
];

const QUALITIES: readonly { key: Exclude<keyof SignalQuality, 'notes' | 'overall'>; name: string }[] = [
  { key: 'speech', name: 'Words' },
  { key: 'light', name: 'Light' },
  { key: 'variety', name: 'Variety' },
  { key: 'sound', name: 'Sound' },
];

/** What the trailer was found to be: tags by group, each with its evidence, and how much there was to go by. */
export function predictionCard(prediction: Prediction): HTMLElement {
  return element(
    'div',
    { className: 'prediction' },
    qualityCard(prediction.signalQuality),
    ...GROUPS.map((group) =>
      groupCard(
        group.name,
        prediction.tags.filter((tag) => tag.label.group === group.kind),
      ),
    ),
  );
}

function qualityCard(quality: SignalQuality): HTMLElement {
  return element(
    'section',
    { className: 'card quality', ariaLabel: 'Signal quality' },
    element('h2', {}, 'Signal quality ', element('span', { className: 'figure' }, percent(quality.overall))),
    element(
      'dl',
      {},
      ...QUALITIES.map(({ key, name }) =>
        element(
          'div',
          {},
          element('dt', {}, name),
          element(
            'dd',
            {},
            shareBar(quality[key], `${name}: ${percent(quality[key])}`),
            percent(quality[key]),
          ),
        ),
      ),
    ),
    quality.notes.length > 0 &&
      element('ul', { className: 'notes' }, ...quality.notes.map((note) => element('li', {}, note))),
  );
}

function groupCard(name: string, tags: Tag[]): HTMLElement {
  const strongestFirst = [...tags].sort((a, b) => b.probability - a.probability);
  const shown = strongestFirst.filter((tag) => tag.state === 'ACCEPTED' || tag.state === 'SUGGESTED');
  const others = strongestFirst.filter((tag) => !shown.includes(tag));
  return element(
    'section',
    { className: 'card group', ariaLabel: name },
    element('h2', {}, name),
    shown.length === 0 && element('p', { className: 'none' }, 'Nothing stands out here.'),
    ...shown.map((tag) => tagRow(tag)),
    others.length > 0 &&
      element(
        'details',
        { className: 'others' },
        element('summary', {}, `${others.length} more, below their thresholds`),
        ...others.map((tag) => element('div', { className: 'tag' }, tagHead(tag))),
      ),
  );
}

/** A tag that opens to its evidence. */
function tagRow(tag: Tag): HTMLElement {
  return element(
    'details',
    { className: 'tag', open: tag.weight === 'PRIMARY' },
    element('summary', {}, tagHead(tag)),
    element('p', { className: 'definition' }, tag.label.definition),
    tag.evidence.length === 0
      ? element('p', { className: 'none' }, 'No single moment carried this.')
      : element('ol', { className: 'evidence' }, ...tag.evidence.map((moment) => evidenceRow(moment, tag))),
  );
}

function tagHead(tag: Tag): HTMLElement {
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

function evidenceRow(moment: Evidence, tag: Tag): HTMLElement {
  const time = `${clock(moment.startSeconds)}–${clock(moment.endSeconds)}`;
  const strongest = Math.max(...tag.evidence.map((other) => Math.abs(other.contribution)), Number.MIN_VALUE);
  return element(
    'li',
    {},
    moment.thumbnailUrl === null
      ? element('span', { className: 'no-thumbnail', ariaHidden: 'true' }, SIGNAL_NAMES[moment.signal])
      : element('img', {
          src: moment.thumbnailUrl,
          alt: `The shot at ${clock(moment.startSeconds)}`,
          loading: 'lazy',
        }),
    element(
      'div',
      {},
      element('p', { className: 'when' }, element('time', {}, time), ` · ${SIGNAL_NAMES[moment.signal]}`),
      moment.line !== null && element('q', {}, moment.line),
      shareBar(
        Math.abs(moment.contribution) / strongest,
        `Strength beside the other moments: ${percent(Math.abs(moment.contribution) / strongest)}`,
      ),
    ),
  );
}

/** A share 0 … 1 as a bar, with a mark where the threshold lies. */
function shareBar(share: number, spoken: string, threshold?: number): HTMLElement {
  return element(
    'span',
    {
      className: 'meter',
      role: 'img',
      ariaLabel: spoken,
      title: spoken,
      variables: { '--share': String(share) },
    },
    threshold !== undefined &&
      element('span', { className: 'threshold', variables: { '--threshold': String(threshold) } }),
  );
}
