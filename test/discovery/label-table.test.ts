import { expect, test } from 'vitest';
import { LabelTable } from '../../src/discovery/label-table.js';

/** More labels than one word has bits, each rarer than the one before. */
const labels = Array.from({ length: 70 }, (_, i) => ({ id: `tag/${i}`, name: `Tag ${i}`, rarity: i + 1 }));

function table(): LabelTable {
  const made = new LabelTable(labels);
  made.reserve(3);
  made.set(0, ['tag/0', 'tag/31', 'tag/32', 'tag/63', 'tag/64', 'tag/5'], [1, 0.8, 0.6, 0.4, 0.2, 0.5], 5);
  made.set(1, ['tag/69', 'tag/none', 'tag/31'], [0.9, 0.9, 0.001], 2);
  return made;
}

test('accepted labels are told from suggested ones, at the ends of words too, and come in rising order', () => {
  const made = table();
  expect(made.acceptedOf(0)).toEqual([0, 31, 32, 63, 64]);
  expect(made.acceptedOf(1)).toEqual([69]);
  expect(made.acceptedOf(2)).toEqual([]);
  expect([5, 31, 33].map((label) => made.isAccepted(0, label))).toEqual([false, true, false]);
});

test('a probability is kept to a step of 255, never rounded away, and is 0 where the label is absent', () => {
  const made = table();
  expect(made.probability(0, 31)).toBeCloseTo(0.8, 2);
  expect(made.probability(1, 31)).toBe(1 / 255);
  expect(made.probability(0, 1)).toBe(0);
  expect(made.vector(2)).toBeNull();
});

test('the weights of a title are its tag vector, probability times rarity at length 1', () => {
  const made = table();
  const vector = made.vector(0)!;
  expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  for (const label of [0, 5, 31, 32, 64]) expect(made.weight(0, label)).toBeCloseTo(vector[label]!, 6);
  expect(vector[63]! / vector[0]!).toBeCloseTo(0.4 * 64, 6);
  expect(made.weight(2, 0)).toBe(0);
});

test('a condition asks for one of each set, suggested ones count, and refuses accepted labels alone', () => {
  const made = table();
  expect(made.fits(0, { include: [[1, 5], [64]], exclude: [] })).toBe(true);
  expect(made.fits(0, { include: [[1, 5], [65]], exclude: [] })).toBe(false);
  expect(made.fits(0, { include: [], exclude: [32] })).toBe(false);
  expect(made.fits(0, { include: [], exclude: [5] })).toBe(true);
});

test('room for more titles keeps those that are there, and a title that moves or changes leaves nothing behind', () => {
  const made = table();
  made.reserve(500);
  expect(made.acceptedOf(0)).toEqual([0, 31, 32, 63, 64]);
  made.move(0, 2);
  expect(made.acceptedOf(2)).toEqual([0, 31, 32, 63, 64]);
  expect(made.weight(2, 31)).toBe(made.weight(0, 31));
  made.set(2, ['tag/7'], [1], 1);
  expect(made.acceptedOf(2)).toEqual([7]);
  expect(made.probability(2, 31)).toBe(0);
  expect(made.weight(2, 7)).toBe(1);
});
