import { expect, test } from 'vitest';
import { vocabularyOf } from '../../src/signals/text-model.js';
import { randomStream } from '../../src/tagging/random.js';
import { stackRows } from '../../src/tagging/sparse.js';
import { countTerms } from '../../src/tagging/term-counts.js';
import { DocumentReader } from '../../src/tagging/text-part/document-reader.js';
import { learnLatentSpace } from '../../src/tagging/text-part/latent-space.js';

const SEA = 'ship sailor harbor storm anchor captain wave island'.split(' ');
const COURT = 'judge lawyer trial verdict jury witness prison crime'.split(' ');

/** Texts of four words each, of the one matter or of the other. */
function toyTexts(): string[][] {
  const random = randomStream(5);
  return Array.from({ length: 200 }, (_, i) => {
    const words = i % 2 ? SEA : COURT;
    return [Array.from({ length: 4 }, () => words[Math.floor(random() * words.length)]!).join(' ')];
  });
}

const texts = toyTexts();
const asked = [['ship sailor'], ['wave island'], ['judge jury'], ['nobody knows']];
const counts = countTerms(texts, { terms: 500, fewestTexts: 2 });
const vocabulary = vocabularyOf(texts.length, counts);
const reader = new DocumentReader(vocabulary);
const rows = stackRows(
  [...texts, ...asked].map((lines) => reader.read(lines).row),
  counts.length,
);
const terms = counts.map(([term]) => term);
const { space, rows: places } = learnLatentSpace({
  ...{ rows, texts: texts.length, vocabulary: terms },
  ...{ dimensions: 2, seed: 1 },
});
const placeOf = (i: number) =>
  places.subarray((texts.length + i) * space.dimensions, (texts.length + i + 1) * space.dimensions);
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

test('texts of one matter lie closer than texts of two, though they share no word', () => {
  const [ship, wave, judge] = [placeOf(0), placeOf(1), placeOf(2)];
  expect(cosine(ship, wave)).toBeGreaterThan(cosine(ship, judge) + 0.5);
});

test('every text lies at unit length, one without known words nowhere', () => {
  for (let i = 0; i < 3; i++) expect(cosine(placeOf(i), placeOf(i))).toBeCloseTo(1, 5);
  expect(Math.max(...placeOf(3).map(Math.abs))).toBe(0);
});

test('pairs of stems have no part in it', () => {
  expect(terms.some((term) => term.includes(' '))).toBe(true);
  expect(Array.from(space.terms, (term) => terms[term]).filter((term) => term!.includes(' '))).toEqual([]);
});
