import { element } from './elements.js';
import type { Prediction, Shot, SignalQuality } from './queries.js';
import { ReviewDesk } from './review-desk.js';
import { shareBar } from './share-bar.js';
import type { LabelGroupKind, Tag, TagWeight } from './tag-parts.js';
import { tagHead, tagRow } from './tag-row.js';
import { percent } from './words.js';

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

const WEIGHTS: readonly TagWeight[] = ['PRIMARY', 'MAJOR', 'SIGNIFICANT'];
const REFUSED = WEIGHTS.length + 1;
/** More than these would make the page long without making it clearer. */
const TAGS_AT_FIRST = 6;

/** What the trailer was found to be: tags by group, each with its evidence, and how much there was to go by. */
export function predictionCard(prediction: Prediction, shots: readonly Shot[]): HTMLElement {
  const desk = new ReviewDesk(prediction.id);
  return element(
    'div',
    { className: 'prediction' },
    qualityCard(prediction.signalQuality),
    ...GROUPS.map((group) =>
      groupCard(
        group.name,
        prediction.tags.filter((tag) => tag.label.group === group.kind),
        (tag) => tagRow(tag, shots, desk.buttons(tag.label, tag.review)),
        (tag) => refusedRow(tag, desk.buttons(tag.label, tag.review)),
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

function refusedRow(tag: Tag, buttons: HTMLElement): HTMLElement {
  return element('div', { className: 'tag' }, tagHead(tag), buttons);
}

function groupCard(
  name: string,
  tags: readonly Tag[],
  row: (tag: Tag) => HTMLElement,
  refusedRow: (tag: Tag) => HTMLElement,
): HTMLElement {
  const ordered = [...tags].sort((a, b) => rank(a) - rank(b) || b.probability - a.probability);
  const chosen = ordered.filter((tag) => rank(tag) < REFUSED);
  const refused = ordered.filter((tag) => rank(tag) >= REFUSED);
  const judged = refused.filter(({ state }) => state !== 'ABSTAINED');
  const unjudged = refused.filter(({ state }) => state === 'ABSTAINED');
  return element(
    'section',
    { className: 'card group', ariaLabel: name },
    element('h2', {}, name),
    chosen.length === 0 &&
      element(
        'p',
        { className: 'none' },
        judged.length === 0 ? 'There is too little to go by here.' : 'Nothing stands out here.',
      ),
    ...chosen.slice(0, TAGS_AT_FIRST).map(row),
    folded('more that fit', chosen.slice(TAGS_AT_FIRST).map(row)),
    folded('that do not fit', judged.map(refusedRow)),
    folded('with too little to go by', unjudged.map(refusedRow)),
  );
}

/** 0 for the group's primary tag; weights come before suggestions, and those before all that was refused. */
function rank(tag: Tag): number {
  if (tag.weight !== null) return WEIGHTS.indexOf(tag.weight);
  return tag.state === 'SUGGESTED' ? WEIGHTS.length : REFUSED;
}

function folded(what: string, rows: readonly HTMLElement[]): HTMLElement | null {
  if (rows.length === 0) return null;
  return element(
    'details',
    { className: 'others' },
    element('summary', {}, `${rows.length} ${what}`),
    ...rows,
  );
}
