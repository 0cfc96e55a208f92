import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentWords } from '../../src/signals/text-words.js';
import { FEWEST_WORDS } from '../../src/tagging/quality.js';
import { randomStream } from '../../src/tagging/random.js';
import { excerptsOf } from '../../src/tagging/training/excerpts.js';
import { abstentionFigures, leastWords, type WordedAnswers } from '../../src/tagging/training/least-words.js';

const THRESHOLDS = [0, 0];

/**
 * Answers of two labels, each true of a tenth. A quarter is accepted; of a text with enough words for the label 0.7 of
 * those are right, of a shorter one a tenth, as of texts taken at random.
 */
function answersOf(
  rows: number,
  words: (random: () => number) => number,
  enough: number[],
  accepts = [0.25, 0.25],
) {
  const random = randomStream(rows);
  const answers: WordedAnswers = {
    labels: 2,
    logOdds: new Float32Array(2 * rows),
    truth: new Int8Array(2 * rows),
    words: Int32Array.from({ length: rows }, () => words(random)),
  };
  for (let at = 0; at < 2 * rows; at++) {
    const isAccepted = random() < accepts[at % 2]!;
    const isEnough = answers.words[at >> 1]! >= enough[at % 2]!;
    answers.logOdds[at] = isAccepted ? 1 : -1;
    answers.truth[at] = random() < (isAccepted && isEnough ? 0.7 : 0.1) ? 1 : -1;
  }
  return answers;
}
const whole = (enough: number[], accepts?: number[]) => answersOf(4000, () => 400, enough, accepts);
const parts = (rows: number, enough: number[], accepts?: number[]) =>
  answersOf(rows, (random) => Math.round(3 * 100 ** random()), enough, accepts);

test('each label learns from how many words on its answers are better than chance', () => {
  const enough = [20, 60];
  const levels = leastWords(whole(enough), parts(6000, enough), THRESHOLDS);
  levels.forEach((level, label) => {
    expect(level).toBeGreaterThan(enough[label]! * 0.75);
    expect(level).toBeLessThan(enough[label]! * 1.33);
  });
});

test('a label whose answers are as good on few words as on many abstains from none', () => {
  expect(leastWords(whole([0, 0]), parts(6000, [0, 0]), THRESHOLDS)).toEqual([FEWEST_WORDS, FEWEST_WORDS]);
});

test('a label that is hardly ever accepted gets about the level that all labels have together', () => {
  const rare = [0.25, 0.0005];
  const [frequent, seldom] = leastWords(whole([20, 20], rare), parts(6000, [20, 300], rare), THRESHOLDS);
  expect(Math.abs(Math.log(seldom! / frequent!)), 'by itself it says 300').toBeLessThan(Math.log(2));
});

test('abstaining below the levels leaves fewer answers, of which fewer are wrong', () => {
  const enough = [20, 60];
  const folds = (rows: number) => Uint8Array.from({ length: rows }, (_, i) => i % 5);
  const figures = abstentionFigures(whole(enough), parts(6000, enough), THRESHOLDS, {
    whole: folds(4000),
    excerpts: folds(6000),
  });
  // Lengths are log-uniform from 3 to 300: 1 − log₁₀₀(20 / 3) = 0.59 and 1 − log₁₀₀(60 / 3) = 0.35 of them are enough.
  expect(figures.coverage).toBeCloseTo(0.47, 1);
  expect(figures.risk.kept).toBeCloseTo(0.3, 1);
  expect(figures.risk.whole).toBeCloseTo(0.3, 1);
  expect(figures.risk.all).toBeCloseTo(1 - (0.47 * 0.7 + 0.53 * 0.1), 1);
});

test('an excerpt is a part of its row, of any length from the fewest words on', () => {
  const text = Array.from(
    { length: 200 },
    (_, i) => `word${'abcdefghij'[i % 10]}${'klmnopqrstuvwxyzabcd'[Math.floor(i / 10)]}`,
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 200 }), (seed, size) => {
      const lines = [text.slice(0, size).join(' ')];
      for (const excerpt of excerptsOf([lines, []], seed)) {
        expect(excerpt.row).toBe(0);
        expect(lines[0]).toContain(excerpt.lines[0]);
        expect(excerpt.words).toBe(contentWords(excerpt.lines[0]!).length);
        expect(excerpt.words).toBeGreaterThanOrEqual(FEWEST_WORDS);
      }
    }),
  );
  const sizes = excerptsOf(Array(500).fill([text.join(' ')]), 1).map(({ words }) => words);
  const share = sizes.filter((words) => words < Math.sqrt(3 * 200)).length / sizes.length;
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.6);
});
