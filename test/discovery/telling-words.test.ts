import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tellingText } from '../../src/discovery/common-words.js';
import { sparseDot } from '../../src/discovery/sparse-vector.js';
import {
  MOST_TERMS,
  packedFromBytes,
  spelled,
  tellingWords,
  unpackedWords,
} from '../../src/discovery/telling-words.js';
import { vocabularyOf } from '../../src/signals/text-files.js';

const NAMES = Array.from(
  { length: 60 },
  (_, i) => `word${String.fromCharCode(97 + (i % 26))}${'x'.repeat(i / 26)}`,
);
const vocabulary = vocabularyOf(1_000, [
  ['man', 400],
  ['film', 500],
  ['submarin', 5],
  ...NAMES.map((name): [string, number] => [name, 10]),
]);

describe('the words of a text', () => {
  test('weigh more the rarer they are; what is said of film-making counts for nothing', () => {
    const words = unpackedWords(tellingWords('A film of a man and a submarine.', vocabulary)!)!;
    expect([...words.terms]).toEqual([0, 2]);
    expect(words.weights[1]!).toBeGreaterThan(2 * words.weights[0]!);
    expect(tellingWords('A film, a story, a sequel of nobody.', vocabulary)).toBeNull();
  });

  test('are a vector of length 1 of at most so many, however long the text, also after the database', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...NAMES, 'man', 'unknown'), { minLength: 1 }), (text) => {
        const packed = tellingWords(text.join(' '), vocabulary);
        if (!packed) return;
        expect(packed.length).toBeLessThanOrEqual(MOST_TERMS);
        const stored = packedFromBytes(new Uint8Array(packed.buffer.slice(0)));
        const words = unpackedWords(stored)!;
        expect(sparseDot(words, words)).toBeCloseTo(1, 5);
        expect([...words.terms]).toEqual([...new Set(words.terms)].sort((a, b) => a - b));
      }),
    );
  });

  test('are told as the text writes them', () => {
    expect(spelled(['corleon', 'submarin', 'absent'], 'Submarines of Corleone')).toEqual([
      'Corleone',
      'Submarines',
    ]);
  });
});

describe('a query without its common words', () => {
  const common = new Set(['gone', 'wrong', 'dark']);
  test.each([
    ['heist gone wrong', ['heist', 'gone', 'wrong'], 'heist'],
    ['gone wrong', ['gone', 'wrong'], 'gone wrong'],
    ['dark heist', ['heist'], 'dark heist'],
  ])('%s', (text, rest, telling) => {
    const read = { text, rest, include: [], exclude: [], phrases: [], withoutWords: [] };
    expect(tellingText(read, common)).toBe(telling);
  });
});
