import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { interpret } from '../../src/discovery/query-words.js';
import { readTaxonomy, type Taxonomy } from '../../src/tagging/taxonomy.js';

let taxonomy: Taxonomy;
beforeAll(async () => {
  taxonomy = await readTaxonomy(fileURLToPath(new URL('../../models/taxonomy.json', import.meta.url)));
});

describe('a query', () => {
  test('is read for label words, synonyms and names of several words', () => {
    const { include, rest, text } = interpret('Bleak coming of age westerns in Texas', taxonomy);
    expect(include).toEqual([
      { word: 'bleak', labels: ['mood/dark'] },
      { word: 'coming of age', labels: ['theme/coming-of-age'] },
      { word: 'westerns', labels: ['genre/western'] },
    ]);
    expect(rest).toEqual(['in', 'Texas']);
    expect(text).toBe('Bleak coming of age westerns in Texas');
  });

  test('a word of two meanings allows both', () => {
    expect(interpret('war', taxonomy).include).toEqual([{ word: 'war', labels: ['genre/war', 'theme/war'] }]);
  });

  test.each([
    ['revenge not gory', ['gory'], []],
    ['revenge without romance or comedy', ['romance', 'comedy'], []],
    ['revenge -western', ['western'], []],
    ['revenge not too violent', ['violent'], []],
    ['revenge without the romance', ['romance'], []],
    ['heist without guns', [], ['guns']],
  ])('"%s" excludes', (query, words, others) => {
    const { exclude, withoutWords, text } = interpret(query, taxonomy);
    expect(exclude.map(({ word }) => word)).toEqual(words);
    expect(withoutWords).toEqual(others);
    expect(text).toBe(query.split(' ')[0]);
  });

  test.each([
    [
      '"bank robbery" at night',
      ['bank robbery'],
      [],
      'bank robbery at night',
      ['bank', 'robbery', 'at', 'night'],
    ],
    ['western -"bank robbery"', [], ['bank robbery'], 'western', []],
    ['heist without “bank robbery”', [], ['bank robbery'], 'heist', ['heist']],
    ['„Das Boot“ (1981)', ['Das Boot'], [], 'Das Boot (1981)', ['Das', 'Boot', '(1981)']],
    ['"dark"', ['dark'], [], 'dark', ['dark']],
    ['6" gun', [], [], '6" gun', ['6"', 'gun']],
    ['" — "', [], [], '" — "', ['" — "']],
  ])('%s has words in quotes', (query, phrases, withoutWords, text, rest) => {
    const include = query.startsWith('western') ? [{ word: 'western', labels: ['genre/western'] }] : [];
    expect(interpret(query, taxonomy)).toEqual({ text, include, exclude: [], phrases, withoutWords, rest });
  });

  test('of exclusions alone leaves no text to look for', () => {
    expect(interpret('not gory -guns', taxonomy)).toMatchObject({
      text: '',
      rest: [],
      withoutWords: ['guns'],
    });
  });

  test('that ends in a negation denies nothing', () => {
    expect(interpret('to be or not', taxonomy)).toMatchObject({ exclude: [], withoutWords: [] });
  });
});
