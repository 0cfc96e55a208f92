import { sentence } from './api.js';
import { element } from './elements.js';

/** What went wrong, as a sentence that is also read aloud. */
export function failureNotice(error: unknown): HTMLElement {
  return element('p', { className: 'notice bad', role: 'alert' }, sentence(error));
}
