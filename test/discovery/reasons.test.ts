import { expect, test } from 'vitest';
import { reasonSentence } from '../../src/discovery/reasons.js';

const tags = { aspect: 'TAGS' as const, contribution: 0.6, shared: ['Revenge', 'Bleak'] };
const words = (contribution: number) => ({ aspect: 'WORDS' as const, contribution, shared: ['harbour'] });

test('a reason names what carries the score and leaves out what adds less than a tenth of it', () => {
  expect(reasonSentence([tags, words(0.2)])).toBe('shares revenge and bleak; both mention harbour');
  expect(reasonSentence([tags, words(0.05)])).toBe('shares revenge and bleak');
});

test('two titles that are alike in no one thing are alike on the whole', () => {
  expect(reasonSentence([{ ...tags, shared: [] }, words(0.01)])).toBe('alike on the whole');
});
