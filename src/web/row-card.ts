import { refuseErrors, request, sentence, type UserError } from './api.js';
import { HIDE_ROW, PIN_ROW, RENAME_ROW, type Row } from './discovery-queries.js';
import { announce, element, replaceChildren } from './elements.js';
import { titleLink } from './title-link.js';

const LONGEST_NAME = 120;

/** Takes the row's id and what was done, in a sentence. */
export type OnEdit = (ruleId: string, done: string) => void;

/**
 * One row with its titles.
 *
 * @param onEdit called once a decision about a row is kept, with what it was; null: rows may only be read
 */
export function rowCard(row: Row, onEdit: OnEdit | null): HTMLElement {
  const card = element('section', {
    className: 'card row-card',
    id: rowPlace(row.ruleId),
    ariaLabel: row.name,
    tabIndex: -1,
  });
  const head = element('div', { className: 'row-head' });
  const showHead = () =>
    replaceChildren(
      head,
      element('h2', {}, row.name),
      row.pinned && element('span', { className: 'mark primary' }, 'pinned'),
      onEdit && rowActions(row, onEdit, () => replaceChildren(head, nameForm(row, onEdit, showHead))),
    );
  showHead();
  const titles = element(
    'ul',
    { className: 'strip', tabIndex: 0, ariaLabel: `Titles of ${row.name}` },
    ...row.titles.map((title) => element('li', {}, titleLink(title))),
  );
  const fitting = `${row.rule} · ${row.matching} ${row.matching === 1 ? 'title fits' : 'titles fit'}`;
  card.append(head, element('p', { className: 'small' }, fitting), titles);
  return card;
}

/** The id of a row's card. */
export function rowPlace(ruleId: string): string {
  return `row-${ruleId}`;
}

/** A row that is kept off the page, and the way back. */
export function hiddenRow(ruleId: string, name: string, onEdit: OnEdit): HTMLElement {
  const problem = element('span', { className: 'problem' });
  const button = element('button', { type: 'button', ariaLabel: `Show again: ${name}` }, 'Show again');
  button.addEventListener('click', () =>
    decide(button, problem, HIDE_ROW, { ruleId, hidden: false }, () =>
      onEdit(ruleId, `${name} may be shown again.`),
    ),
  );
  return element('li', {}, name, ' ', problem, button);
}

function rowActions({ ruleId, name, pinned }: Row, onEdit: OnEdit, rename: () => void): HTMLElement {
  const problem = element('span', { className: 'problem' });
  const button = (text: string, act: (button: HTMLButtonElement) => void) => {
    const made = element('button', { type: 'button', ariaLabel: `${text}: ${name}` }, text);
    made.addEventListener('click', () => act(made));
    return made;
  };
  return element(
    'div',
    { className: 'verdicts' },
    problem,
    button(pinned ? 'Unpin' : 'Pin', (made) =>
      decide(made, problem, PIN_ROW, { ruleId, pinned: !pinned }, () =>
        onEdit(ruleId, pinned ? `${name} is no longer pinned.` : `${name} stays on the page.`),
      ),
    ),
    button('Rename', rename),
    button('Hide', (made) =>
      decide(made, problem, HIDE_ROW, { ruleId, hidden: true }, () => onEdit(ruleId, `${name} is hidden.`)),
    ),
  );
}

function nameForm(row: Row, onEdit: OnEdit, onCancel: () => void): HTMLElement {
  const id = `name-${row.ruleId}`;
  const field = element('input', { id, value: row.name, maxLength: LONGEST_NAME, required: true });
  const problem = element('span', { className: 'problem' });
  const save = element('button', { type: 'submit', className: 'primary' }, 'Save');
  const own = element('button', { type: 'button' }, 'Its own name');
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const rename = (button: HTMLButtonElement, name: string | null) =>
    decide(button, problem, RENAME_ROW, { ruleId: row.ruleId, name }, () =>
      onEdit(row.ruleId, 'The row is renamed.'),
    );
  own.addEventListener('click', () => rename(own, null));
  cancel.addEventListener('click', onCancel);
  const form = element(
    'form',
    { className: 'row-name' },
    element('label', { htmlFor: id }, `Another name for ${row.name}`),
    field,
    element('div', { className: 'actions' }, save, own, cancel, problem),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void rename(save, field.value);
  });
  requestAnimationFrame(() => field.select());
  return form;
}

/** Sends a decision; what goes wrong stands beside the button, which may then be pressed again. */
async function decide(
  button: HTMLButtonElement,
  problem: HTMLElement,
  mutation: string,
  variables: object,
  onDone: () => void,
): Promise<void> {
  button.disabled = true;
  try {
    const answers = await request<Record<string, { errors: UserError[] }>>(mutation, variables);
    for (const { errors } of Object.values(answers)) refuseErrors(errors);
    onDone();
  } catch (error) {
    problem.textContent = sentence(error);
    announce(problem.textContent);
    button.disabled = false;
  }
}
