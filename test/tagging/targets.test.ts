import { expect, test } from 'vitest';
import { type LabelledText, maskGenreWords } from '../../src/tagging/corpus.js';
import {
  labelTargets,
  mappedSources,
  sourcesOf,
  sourceTargets,
  wordHints,
} from '../../src/tagging/targets.js';
import type { LabelMapping, Taxonomy } from '../../src/tagging/taxonomy.js';

const label = (id: string, words: string[] = ['none', 'such', 'word']) => ({
  id,
  name: id,
  definition: id,
  descriptions: [id, id],
  words,
});
const taxonomy: Taxonomy = {
  version: 1,
  groups: [
    { kind: 'GENRE', name: 'Genre', labels: [label('genre/horror')] },
    { kind: 'MOOD', name: 'Mood', labels: [label('mood/dark')] },
    { kind: 'THEME', name: 'Theme', labels: [label('theme/solitude', ['alone', 'lonely', 'hermit'])] },
  ],
};
const mapping: LabelMapping = {
  version: 1,
  genre: { Horror: ['genre/horror', 'mood/dark'], Short: [] },
  tag: { horror: ['genre/horror'], bleak: ['mood/dark'] },
  words: ['theme/solitude'],
};

const text = (
  labels: LabelledText['labels'],
  words = 'nothing',
  source: LabelledText['source'] = 'wikipedia',
) => ({
  id: 'x',
  text: words,
  labels,
  source,
  film: null,
  title: 'x',
});

test('a genre is decided by the genres, and where these are unknown it is unknown, whatever the tags say', () => {
  const texts = [
    text({ genre: ['Horror'] }),
    text({ genre: ['Drama'] }),
    text({ genre: ['Drama'], tag: ['horror'] }),
    text({ tag: ['horror'] }),
  ];
  const targets = labelTargets(texts, taxonomy, mapping, new Map());
  expect([0, 3, 6, 9].map((at) => targets[at])).toEqual([1, -1, 1, 0]);
});

test('a mood that tags stand for is decided by the tags; a genre speaks for it where the tags are known', () => {
  const texts = [
    text({ tag: ['bleak'] }),
    text({ tag: [] }),
    text({ tag: [], genre: ['Horror'] }),
    text({ genre: ['Horror'] }),
  ];
  const targets = labelTargets(texts, taxonomy, mapping, new Map());
  expect([1, 4, 7, 10].map((at) => targets[at])).toEqual([1, -1, 1, 0]);
});

test('a text hints at a label when two of its words are dense in it, lacks it when none occurs, else nobody knows', () => {
  const texts = [
    text({}, 'a lonely hermit lives alone'),
    text({}, 'alone once in a long story of many other things that happen to somebody'),
    text({}, 'a merry crowd'),
    text({}, 'a lonely hermit lives alone', 'extract'),
    ...Array.from({ length: 8 }, () => text({}, 'a merry crowd')),
  ];
  expect([...wordHints(texts, taxonomy, mapping).get('theme/solitude')!.subarray(0, 4)]).toEqual([
    1, 0, -1, 0,
  ]);
});

test('the sources are the names that occur and stand for something, and the labels known by words', () => {
  const texts = [text({ tag: ['bleak'], genre: ['Horror', 'Short'] }, 'alone, lonely')];
  const sources = sourcesOf(texts, mapping);
  expect(sources).toEqual(['tag:bleak', 'genre:Horror', 'words:theme/solitude']);
  expect([...sourceTargets(texts, sources, wordHints(texts, taxonomy, mapping))]).toEqual([1, 1, 1]);
  expect([...mappedSources(['mood/dark', 'theme/solitude'], sources, mapping)]).toEqual([1, 1, 0, 0, 0, 1]);
});

test('of a label known by its words, a synopsis with too few of them is without it, an extract unknown', () => {
  const crowd = Array.from({ length: 20 }, () => text({}, 'a crowded fair'));
  const texts = [
    text({}, 'alone and lonely'),
    text({}, 'she was alone once'),
    text({}, 'alone and lonely', 'extract'),
    ...crowd,
  ];
  const targets = labelTargets(texts, taxonomy, mapping, wordHints(texts, taxonomy, mapping));
  expect([2, 5, 8, 11].map((at) => targets[at])).toEqual([1, -1, 0, -1]);
});

test('an extract loses the words that name genres and forms, and keeps the matter', () => {
  const masked = maskGenreWords(
    'Fog is a 2013 British science fiction action comedy film starring A. It is a crime story of a family at war, a spy and a mystery.',
  );
  expect(masked).not.toMatch(/science fiction|action|comedy|film|starring|crime/i);
  expect(masked).toMatch(/story of a family at war, a spy and a mystery/);
});
