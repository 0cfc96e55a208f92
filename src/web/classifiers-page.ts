import { refuseErrors, request, sentence, type UserError } from './api.js';
import { ACTIVATE_CLASSIFIER, CLASSIFIERS, type Classifier, type Retagging } from './editing-queries.js';
import { announce, element, replaceChildren } from './elements.js';
import { retaggingEvents } from './live.js';
import { failureNotice } from './notice.js';
import { percent } from './words.js';

/**
 * Fills `place` with the versions of the classifier: what each was measured at, and which one is active.
 *
 * @param left aborted when the page shows something else
 */
export async function showClassifiers(place: HTMLElement, left: AbortSignal): Promise<void> {
  document.title = 'Classifiers · Marquee';
  const { classifiers } = await request<{ classifiers: Classifier[] }>(CLASSIFIERS);
  const reload = () => {
    showClassifiers(place, left).catch((error: unknown) => replaceChildren(place, failureNotice(error)));
  };
  replaceChildren(
    place,
    element('h1', {}, 'Classifiers'),
    element(
      'p',
      { className: 'synopsis' },
      'The active one answers for new trailers; the catalog is tagged with it from the stored vectors. Activate an earlier one to go back. Reviews stay.',
    ),
    ...classifiers.map((classifier) => classifierCard(classifier, left, reload)),
  );
}

function classifierCard(classifier: Classifier, left: AbortSignal, reload: () => void): HTMLElement {
  const name = classifier.name ?? `Shipped with the pack ${classifier.pack}`;
  const { retagging } = classifier;
  const isUnderWay = retagging?.state === 'QUEUED' || retagging?.state === 'RUNNING';
  const made = new Date(classifier.createdAt).toLocaleDateString();
  return element(
    'section',
    { className: 'card classifier', ariaLabel: name },
    element(
      'div',
      { className: 'progress-head' },
      element('h2', {}, name),
      classifier.active
        ? element('span', { className: 'mark primary' }, 'active')
        : activation(classifier.id, reload),
    ),
    element(
      'p',
      { className: 'small' },
      `${classifier.fingerprint} · ${classifier.author === null ? '' : `trained by ${classifier.author}, `}${made}`,
    ),
    figureList(classifier.figures),
    isUnderWay && retagging ? retaggingProgress(retagging, left, reload) : null,
  );
}

function activation(id: string, reload: () => void): HTMLElement {
  const problem = element('span', { className: 'problem' });
  const button = element('button', { type: 'button' }, 'Activate');
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const { activateClassifier } = await request<Answer>(ACTIVATE_CLASSIFIER, { id });
      refuseErrors(activateClassifier.errors);
      reload();
    } catch (error) {
      problem.textContent = sentence(error);
      announce(problem.textContent);
      button.disabled = false;
    }
  });
  return element('span', {}, problem, button);
}

/** The figures that are one number, whatever the trainer calls them. */
function figureList(figures: Record<string, unknown>): HTMLElement | null {
  const numbers = Object.entries(figures).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  if (numbers.length === 0) return null;
  return element(
    'dl',
    { className: 'figures' },
    ...numbers.map(([name, value]) =>
      element(
        'div',
        {},
        element('dt', {}, inWords(name)),
        element('dd', {}, Number.isInteger(value) ? String(value) : value.toFixed(3)),
      ),
    ),
  );
}

/** `labelsMeanAveragePrecision` → `labels mean average precision`, `microF1` → `micro F1`; `mAP` stays. */
function inWords(name: string): string {
  const words = name.split(/(?<=[a-z]{2})(?=[A-Z])/);
  return words.map((word) => word.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())).join(' ');
}

function retaggingProgress(retagging: Retagging, left: AbortSignal, onEnd: () => void): HTMLElement {
  const bar = element('progress', { max: 1, value: 0, ariaLabel: 'Tagging the catalog' });
  const words = element('p', { className: 'now' }, 'The catalog waits to be tagged.');
  const follow = async () => {
    for await (const { state, done, total, message } of retaggingEvents(retagging.id, left)) {
      bar.value = total === 0 ? 0 : done / total;
      if (state === 'RUNNING') words.textContent = `${done} of ${total} tagged, ${percent(bar.value)}`;
      if (message !== null) words.textContent = message;
    }
    if (left.aborted) return;
    announce(words.textContent ?? '');
    onEnd();
  };
  follow().catch((error: unknown) => {
    words.textContent = sentence(error);
  });
  return element('div', { className: 'bar' }, bar, words);
}

interface Answer {
  activateClassifier: { errors: UserError[] };
}
