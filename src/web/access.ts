import { byId, element, replaceChildren } from './elements.js';

const STORED_KEY = 'marquee-api-key';

/** The API key of this browser tab, where the server wants one. */
export function apiKey(): string | null {
  return sessionStorage.getItem(STORED_KEY);
}

/** The header that carries the key; empty without one. */
export function authorization(): Record<string, string> {
  const key = apiKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Shows a field for the API key above the page; the page loads again with it. */
export function askForKey(reason: string): void {
  const field = element('input', {
    type: 'password',
    id: 'api-key',
    required: true,
    autocomplete: 'current-password',
  });
  field.setAttribute('aria-describedby', 'api-key-reason');
  const form = element(
    'form',
    { className: 'card key-form' },
    element('p', { id: 'api-key-reason' }, reason),
    element('label', { htmlFor: 'api-key' }, 'API key'),
    field,
    element('button', { type: 'submit' }, 'Use this key'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(STORED_KEY, field.value);
    location.reload();
  });
  replaceChildren(byId('access'), form);
  field.focus();
}
