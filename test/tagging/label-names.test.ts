import { expect, test } from 'vitest';
import { placesOfName, spaceOf, withAliases } from '../../src/tagging/label-space.js';

const space = withAliases(
  spaceOf([
    { id: 'genre/science-fiction', group: 'genre', name: 'Science fiction' },
    { id: 'genre/family', group: 'genre', name: 'Family' },
    { id: 'theme/family', group: 'theme', name: 'Family' },
  ]),
  { version: 1, tag: {}, genre: { 'Sci-Fi': ['genre/science-fiction'] }, words: [] },
);

test.each([
  ['SCIENCE FICTION', [0]],
  ['Sci-Fi', [0]],
  ['Family', [1, 2]],
  ['theme/family', [2]],
  ['Western', []],
])('%s stands for the labels %j, in any case and by the names of other data', (name, places) => {
  expect(placesOfName(space, name)).toEqual(places);
});
