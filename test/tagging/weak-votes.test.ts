import { expect, test } from 'vitest';
import { SHOT_FEATURES } from '../../src/signals/picture-features.js';
import type { TaxonomyLabel } from '../../src/tagging/taxonomy.js';
import { castVotes } from '../../src/tagging/weak-labels/ballots.js';
import { cueVotes } from '../../src/tagging/weak-labels/cue-votes.js';
import { labelLines } from '../../src/tagging/weak-labels/functions-table.js';
import { genreVotes } from '../../src/tagging/weak-labels/genre-votes.js';
import { learnLabelModel } from '../../src/tagging/weak-labels/label-model.js';
import { mentionsOf } from '../../src/tagging/weak-labels/mentions.js';
import { LABEL_MODEL } from '../../src/tagging/weak-labels/settings.js';
import { similarityVotes } from '../../src/tagging/weak-labels/similarity-votes.js';
import { wordFunctionsOf, wordVotes } from '../../src/tagging/weak-labels/word-votes.js';

const label = (id: string, words: string[]): TaxonomyLabel => ({
  id,
  name: id,
  definition: id,
  descriptions: [id, id],
  words,
});
const deniedIn = (text: string) =>
  mentionsOf(text)
    .filter(({ denied }) => denied)
    .map(({ stem }) => stem);

test.each([
  ['This is not a comedy.', ['comedi']],
  ['A western without violence or bloodshed.', ['violenc', 'bloodsh']],
  ["It isn't funny", ['funni']],
  ['it isnt funny', ['funni']],
  ['No murder but revenge.', ['murder']],
  ['He never kills. He loves.', ['kill']],
  ['Not only a comedy, also a romance', []],
  ['No doubt a murderer', []],
  ['without hope he returns to the old house by the sea', ['hope', 'return']],
])('“%s” denies %j', (text, stems) => {
  expect(deniedIn(text)).toEqual(stems);
});

test('a word says yes where the text asserts it, no where the text only denies it, else nothing', () => {
  const functions = wordFunctionsOf([label('theme/revenge', ['revenge', 'avenge', 'avenges'])]);
  expect(functions.map(({ name }) => name)).toEqual(['word revenge', 'word avenge']);
  const votes = (text: string) => [...wordVotes(text, functions)];
  expect(votes('He swears revenge and avenged her.')).toEqual([1, 1]);
  expect(votes('He seeks no revenge.')).toEqual([-1, 0]);
  expect(votes('First he wants no revenge. Then he takes revenge.')).toEqual([1, 0]);
  expect(votes('')).toEqual([0, 0]);
});

test('the most similar tenth is a yes, the less similar half a no, a text that cannot be compared neither', () => {
  const similarities = Float32Array.from({ length: 21 }, (_, i) => (i === 20 ? Number.NaN : i / 20));
  const votes = [...similarityVotes(similarities)];
  expect(votes).toEqual([...Array(10).fill(-1), ...Array(8).fill(0), 1, 1, 0]);
});

test('genres speak for the moods and themes that they stand for, and say nothing of genres', () => {
  const mapping = { version: 1, genre: { Horror: ['genre/horror', 'mood/dark'] }, tag: {}, words: [] };
  const genres = [['horror', 'Drama'], ['Drama'], null];
  expect([...genreVotes(genres, 'mood/dark', mapping)!]).toEqual([1, -1, 0]);
  expect(genreVotes(genres, 'genre/horror', mapping)).toBeNull();
  expect(genreVotes(genres, 'mood/light', mapping)).toBeNull();
});

test('a dark picture says that a mood is dark, a bright one that it is not, a middling one nothing', () => {
  const cues = {
    version: 1 as const,
    bound: 2,
    reasons: { lowkey: 'dark is dark' },
    cues: [
      { label: 'mood/dark', signal: 'PICTURE' as const, feature: 'light', weight: -0.3, because: 'lowkey' },
    ],
  };
  const picture = (light: number) => {
    const vector = new Float32Array(Object.keys(SHOT_FEATURES).length + 5);
    vector[Object.keys(SHOT_FEATURES).indexOf('light')] = light;
    return vector;
  };
  const pictures = [picture(-2), picture(2), picture(0.1), undefined];
  expect([...cueVotes(pictures, 'PICTURE', ['mood/dark'], cues)]).toEqual([1, -1, 0, 0]);
});

test('coverage, overlap and conflict count the rows as named, and accuracies are measured on labelled rows only', () => {
  const labels = [label('theme/revenge', ['revenge', 'vendetta'])];
  const texts = ['revenge vendetta', 'no revenge, a vendetta', 'revenge', 'a wedding'];
  const words = wordFunctionsOf(labels);
  const [ballot] = castVotes(
    {
      words: Int8Array.from(texts.flatMap((text) => [...wordVotes(text, words)])),
      similarities: new Float32Array(4).fill(Number.NaN),
      genres: [null, null, null, null],
      pictures: [],
      sounds: [],
    },
    labels,
    words,
    { mapping: null, cues: null },
  );
  expect(ballot!.functions).toEqual(['word revenge', 'word vendetta']);
  const model = learnLabelModel(ballot!.votes, 2, LABEL_MODEL);
  const lines = labelLines(ballot!, model, Int8Array.from([1, 1, -1, 0]));
  expect(lines).toMatchObject({ coverage: 0.75, overlap: 0.5, conflict: 0.25, measuredShare: 2 / 3 });
  expect(lines.functions[0]).toMatchObject({
    coverage: 0.75,
    overlap: 0.5,
    conflict: 0.25,
    measured: { accuracy: 1 / 3, rows: 3 },
  });
});
