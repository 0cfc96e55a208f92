import { element } from './elements.js';

/** A share 0 … 1 as a bar, with a mark where the threshold lies. */
export function shareBar(share: number, spoken: string, threshold?: number): HTMLElement {
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
