import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagePrecision, bootstrap, f1, meanAveragePrecision } from '../../src/tagging/measure.js';
import { addNoise, soundAlikes, soundOf } from '../../src/tagging/noise.js';
import { randomStream } from '../../src/tagging/random.js';

test('average precision is the mean of the precisions at each hit', () => {
  expect(averagePrecision([4, 3, 2, 1], [1, -1, 1, -1])).toBeCloseTo((1 + 2 / 3) / 2, 9);
});

test('average precision of a constant score is the share of positives, whatever their order', () => {
  expect(averagePrecision([1, 1, 1, 1], [1, -1, -1, -1])).toBe(0.25);
  expect(averagePrecision([1, 1, 1, 1], [-1, -1, -1, 1])).toBe(0.25);
});

test('rows of which a label is unknown do not count for it', () => {
  const truth = Int8Array.of(1, 0, -1, 1, 0, -1);
  const scored = { labels: 2, scores: Float32Array.of(3, 9, 1, 5, 9, 7), truth };
  // label 0: rows 0 (yes, 3) and 1 (no, 1); label 1: rows 1 (yes, 5) and 2 (no, 7)
  expect(meanAveragePrecision(scored)).toBeCloseTo((1 + 0.5) / 2, 9);
  expect(f1(scored, [2, 6])).toEqual({ micro: 0.5, macro: 0.5 });
});

test('average precision depends on the order of the scores alone', () => {
  const row = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.constantFrom(-1, 1));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => {
      const truth = rows.map(([, y]) => y);
      const scores = rows.map(([s]) => s);
      const squeezed = scores.map((s) => Math.atan(s));
      expect(averagePrecision(squeezed, truth)).toEqual(averagePrecision(scores, truth));
    }),
  );
});

test('the bootstrap interval covers the figure, is repeatable, and is narrower with more rows', () => {
  const interval = (rows: number) => {
    const random = randomStream(2);
    const truth = Int8Array.from({ length: rows }, () => (random() < 0.3 ? 1 : -1));
    const scores = Float32Array.from(truth, (y) => y + 3 * random());
    const scored = { labels: 1, scores, truth };
    const [low, high] = bootstrap(scored, meanAveragePrecision, { draws: 200, seed: 1 });
    expect(bootstrap(scored, meanAveragePrecision, { draws: 200, seed: 1 })).toEqual([low, high]);
    const value = meanAveragePrecision(scored);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    return high - low;
  };
  expect(interval(2000)).toBeLessThan(interval(100) / 2);
});

const alikes = soundAlikes(['night', 'knight', 'nod', 'boat', 'bad', 'pond', 'tree', 'stone']);

test('noise keeps the asked number of words and replaces about the asked share', () => {
  const text = `${'one two three. '.repeat(400)}`;
  const words = addNoise(text, { words: 900, wrong: 0.3 }, alikes, randomStream(1)).split(' ');
  expect(words).toHaveLength(900);
  const replaced = words.filter((word) => !['one', 'two', 'three'].includes(word)).length / 900;
  expect(replaced).toBeGreaterThan(0.25);
  expect(replaced).toBeLessThan(0.35);
});

test('without wrong words noise leaves the words, in another order of sentences, without punctuation', () => {
  const noisy = addNoise('A b c! D e? F g.', { words: 99, wrong: 0 }, alikes, randomStream(4));
  expect(noisy.split(' ').sort().join('')).toBe('abcdefg');
});

test('words that a recogniser confuses sound alike, others do not', () => {
  expect(soundOf('bad')).toBe(soundOf('boat'));
  expect(soundOf('tree')).not.toBe(soundOf('stone'));
});
