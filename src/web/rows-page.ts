import { request, sentence } from './api.js';
import { ROW_EDITS, ROWS, type Row, type RowEdit } from './discovery-queries.js';
import { announce, type Child, element, replaceChildren } from './elements.js';
import { failureNotice } from './notice.js';
import { hiddenRow, type OnEdit, rowCard, rowPlace } from './row-card.js';

const ROWS_SHOWN = 12;
const TITLES_A_ROW = 12;

/** Fills `place` with the rows as catalog services get them today, and what editors decided about them. */
export async function showRows(place: HTMLElement): Promise<void> {
  document.title = 'Rows · Marquee';
  const [{ rows }, edits] = await Promise.all([
    request<{ rows: Row[] }>(ROWS, { first: ROWS_SHOWN, size: TITLES_A_ROW }),
    readEdits(),
  ]);
  const renew: OnEdit = (ruleId, done) => {
    announce(done);
    showRows(place)
      .then(() => (document.getElementById(rowPlace(ruleId)) ?? place.querySelector('h1'))?.focus())
      .catch((error: unknown) => replaceChildren(place, failureNotice(error)));
  };
  const onEdit = 'edits' in edits ? renew : null;
  replaceChildren(
    place,
    element('h1', { tabIndex: -1 }, 'Rows'),
    element(
      'p',
      { className: 'synopsis' },
      'Collections by mood, theme and genre, made of accepted tags. No title comes twice, and they change from day to day; what is pinned stays.',
    ),
    'problem' in edits && element('p', { className: 'small' }, `They can be read only: ${edits.problem}`),
    ...(rows.length > 0 ? rows.map((row) => rowCard(row, onEdit)) : [noRows()]),
    'edits' in edits && hiddenRows(edits.edits, renew),
  );
}

/** What editors decided, or why this caller may not see and change it. */
async function readEdits(): Promise<{ edits: RowEdit[] } | { problem: string }> {
  try {
    const { rowEdits } = await request<{ rowEdits: RowEdit[] }>(ROW_EDITS);
    return { edits: rowEdits };
  } catch (error) {
    return { problem: sentence(error) };
  }
}

function noRows(): HTMLElement {
  return element(
    'p',
    { className: 'none' },
    'No rows yet: a row takes six titles that share accepted tags. Analyse trailers, or import titles.',
  );
}

function hiddenRows(edits: readonly RowEdit[], renew: OnEdit): Child {
  const hidden = edits.filter((edit) => edit.hidden);
  if (hidden.length === 0) return null;
  return element(
    'section',
    { className: 'hidden-rows', ariaLabel: 'Hidden rows' },
    element('h2', {}, 'Hidden'),
    element(
      'ul',
      { className: 'found' },
      ...hidden.map(({ ruleId, name }) => hiddenRow(ruleId, name ?? ruleInWords(ruleId), renew)),
    ),
  );
}

/** `mood/dark+theme/good-versus-evil` → `dark and good versus evil`. */
function ruleInWords(ruleId: string): string {
  const labels = ruleId.split('+').map((label) => label.slice(label.indexOf('/') + 1).replaceAll('-', ' '));
  return labels.join(' and ');
}
