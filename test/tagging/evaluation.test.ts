import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answered, prepare } from '../../src/tagging/evaluation/answered.js';
import { type Evaluation, evaluate } from '../../src/tagging/evaluation/evaluate.js';
import { figuresOf } from '../../src/tagging/evaluation/figures.js';
import { measure } from '../../src/tagging/evaluation/intervals.js';
import { classifierOfCard, writeFigures } from '../../src/tagging/evaluation/model-card.js';
import { coverageRiskPlot, reliabilityPlot } from '../../src/tagging/evaluation/plots.js';
import { reliabilityOf } from '../../src/tagging/evaluation/reliability.js';
import type { Scorer } from '../../src/tagging/evaluation/scorer.js';
import { spaceOf, targetsOf } from '../../src/tagging/label-space.js';
import { f1, meanAveragePrecision } from '../../src/tagging/measure.js';
import { fingerprintRow, parseRow, type TrainingRow } from '../../src/tagging/training-row.js';

const LABELS = 3;
const cell = fc.record({
  score: fc.integer({ min: -4, max: 4 }),
  truth: fc.constantFrom<-1 | 0 | 1>(-1, 0, 1),
});
const table = fc.array(fc.array(cell, { minLength: LABELS, maxLength: LABELS }), {
  minLength: 1,
  maxLength: 12,
});

function answeredOf(rows: { score: number; truth: number }[][]): Answered {
  return {
    labels: LABELS,
    logOdds: Float32Array.from(rows.flat(), ({ score }) => score),
    truth: Int8Array.from(rows.flat(), ({ truth }) => truth),
    thresholds: Float64Array.of(-1, 0, 1),
  };
}

test('a row that weighs twice counts like two rows: in every figure', () => {
  fc.assert(
    fc.property(table, fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 }), (rows, counts) => {
      const weights = Float64Array.from(rows, (_, i) => counts[i]!);
      const repeated = rows.flatMap((row, i) => Array.from({ length: counts[i]! }, () => row));
      const weighed = figuresOf(prepare(answeredOf(rows)), weights);
      const plain = figuresOf(prepare(answeredOf(repeated)), new Float64Array(repeated.length).fill(1));
      // Answers of equal sureness have no order that both would share, so the risk is left out.
      expect(closely(weighed.metrics)).toEqual(closely(plain.metrics));
      expect(closely(weighed.perLabel)).toEqual(closely(plain.perLabel));
    }),
  );
});

/** Numbers to nine digits, so that sums in another order are equal. */
function closely(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (typeof one === 'number' ? Math.round(one * 1e9) / 1e9 + 0 : one)),
  );
}

test('the figures are those of the plain definitions', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const answered = answeredOf(rows);
      const scored = { labels: LABELS, scores: answered.logOdds, truth: answered.truth };
      const { metrics } = figuresOf(prepare(answered), new Float64Array(rows.length).fill(1));
      const plain = f1(scored, answered.thresholds);
      expect(metrics.microF1).toBeCloseTo(plain.micro, 9);
      const occurs = answered.truth.some((truth) => truth > 0);
      if (occurs) expect(metrics.macroF1).toBeCloseTo(plain.macro, 9);
      if (occurs) expect(metrics.mAP).toBeCloseTo(meanAveragePrecision(scored), 9);
    }),
  );
});

test('tag recall, tags learned, Hamming loss and calibration error of a table worked out by hand', () => {
  // Two rows, four labels; the first row has 0 and 3, the second has 1.
  const answered: Answered = {
    labels: 4,
    logOdds: Float32Array.of(4, 3, 2, 1, 1, 2, 3, 4),
    truth: Int8Array.of(1, -1, -1, 1, -1, 1, -1, -1),
    thresholds: new Float64Array(4).fill(3.5),
  };
  const { metrics } = figuresOf(prepare(answered), Float64Array.of(1, 1));
  // The three likeliest are 0 1 2 and 3 2 1: found are 0 and 1, not 3.
  expect(metrics.tagRecallAt3).toBeCloseTo(2 / 3, 9);
  expect(metrics.tagsLearnedAt3).toBe(4);
  expect(metrics.tagRecallAt5).toBe(1);
  // Said are 0 of the first and 3 of the second: 3 of 8 answers are wrong.
  expect(metrics.hammingLoss).toBeCloseTo(3 / 8, 9);
  expect(metrics.samplesF1).toBeCloseTo((2 / 3 + 0) / 2, 9);
  // Both accepted answers lie half a unit above the threshold; that of the first row counts first, and is right.
  expect([...figuresOf(prepare(answered), Float64Array.of(1, 1)).risk.slice(4)]).toEqual([
    0, 0.5, 0.5, 0.5, 0.5, 0.5,
  ]);
  const sure = { ...answered, logOdds: answered.truth.map((truth) => 20 * truth) as unknown as Float32Array };
  expect(figuresOf(prepare(sure), Float64Array.of(1, 1)).metrics.ece).toBeLessThan(1e-6);
});

test('intervals hold the figure, and the same seed gives the same ones', () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: LABELS }, (_, j) => ({
      score: ((i * 7 + j * 3) % 9) - 4,
      truth: (i + j) % 3 === 0 ? 1 : -1,
    })),
  );
  const first = measure(answeredOf(rows), { draws: 200, seed: 3 });
  expect(measure(answeredOf(rows), { draws: 200, seed: 3 })).toEqual(first);
  for (const { value, low, high } of Object.values(first.metrics)) {
    expect(low!).toBeLessThanOrEqual(value!);
    expect(high!).toBeGreaterThanOrEqual(value!);
  }
});

const space = spaceOf([
  { id: 'genre/horror', group: 'genre', name: 'Horror' },
  { id: 'genre/romance', group: 'genre', name: 'Romance' },
  { id: 'mood/dark', group: 'mood', name: 'Dark' },
]);

/** Says what a row's first word says, ghost, kiss or night. */
function scorer(learnedFrom: readonly TrainingRow[] = []): Scorer {
  const words = ['ghost', 'kiss', 'night'];
  return {
    name: 'words@1',
    space,
    targets: (rows) => targetsOf(rows, space),
    priors: Float32Array.of(-1, -1, -2),
    thresholds: new Float64Array(3),
    learnedFrom: (fingerprint) => learnedFrom.map(fingerprintRow).includes(fingerprint),
    readsVectors: false,
    score: async (rows) => ({
      logOdds: Float32Array.from(
        rows.flatMap(({ lines }) => words.map((word) => (lines.join(' ').includes(word) ? 2 : -2))),
      ),
      raw: null,
    }),
    close: async () => {},
  };
}

const row = (id: string, synopsis: string, labels: object) => parseRow({ id, synopsis, labels }, id);
const ROWS = Array.from({ length: 24 }, (_, i) =>
  i % 2 === 0
    ? row(`${i}`, `a ghost haunts house number ${'abcdefghijklmnopqrstuvwx'[i]}${i}x`, {
        genre: ['Horror', 'Telenovela'],
      })
    : row(`${i}`, `a kiss under tree number ${'abcdefghijklmnopqrstuvwx'[i]}${i}x`, {
        genre: ['Romance'],
        year: ['1999'],
      }),
);
const options = { groups: [], labels: [], allowSeen: false, learnFrom: [], draws: 50, seed: 1 };

test('an evaluation tells the classifier from the ladder, and what the rows cannot judge', async () => {
  const found = await evaluate(ROWS, scorer(), options);
  expect(found.metrics.microF1.value).toBe(1);
  expect(found.ladder.map(({ rung, metrics }) => [rung, metrics !== null])).toEqual([
    ['prior', true],
    ['most frequent', true],
    ['TF-IDF + logistic regression', true],
    ['cinematic alone', false],
    ['text alone', true],
    ['concatenation', false],
    ['calibrated', true],
  ]);
  expect(found.unknownLabels).toEqual([
    { name: 'genre: Telenovela', rows: 12 },
    { name: 'year', rows: 12 },
  ]);
  expect(found.unjudgedLabels).toEqual(['mood/dark']);
  expect(found.groups.genre?.metrics).toEqual(found.metrics);
  expect(found.slices.map(({ slice, rows }) => [slice, rows])).toContainEqual(['few words', 24]);
});

test('rows that taught the classifier are left out; where half of them did, it refuses, unless told', async () => {
  const some = await evaluate(ROWS, scorer(ROWS.slice(0, 4)), options);
  expect(some.rows).toEqual({ given: 24, judged: 20, seenInTraining: 4 });
  expect(some.warning).toBeNull();
  const most = scorer(ROWS.slice(0, 20));
  await expect(evaluate(ROWS, most, options)).rejects.toMatchObject({ code: 'CONFLICT' });
  const all = await evaluate(ROWS, most, { ...options, allowSeen: true });
  expect(all.rows.judged).toBe(24);
  expect(all.warning).toMatch(/^20 of the rows taught/);
});

test.each([
  ['a group that is not there', { groups: ['plot'] }, /no group plot.*genre, mood/],
  ['a label that is not there', { labels: ['Noir'] }, /no label Noir/],
  ['a group that no row names', { groups: ['mood'] }, /name none of the labels/],
])('%s is refused', async (_, changed, message) => {
  await expect(evaluate(ROWS, scorer(), { ...options, ...changed })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(message),
  });
});

test('a model card gets its figures between the marks, and tells whose they are', async () => {
  const found: Evaluation = await evaluate(ROWS, scorer(), options);
  const card = '# Card\n\n<!-- figures of old@1 -->\nold\n<!-- end of the figures -->\n\nLimits.\n';
  const written = writeFigures(card, found, { rows: 'made-up rows', command: 'marquee evaluate' });
  expect(written).toContain('| calibrated | 1.000 (1.000–1.000)');
  expect(written).not.toContain('old');
  expect(written.endsWith('\n\nLimits.\n')).toBe(true);
  expect(classifierOfCard(written)).toBe('words@1');
  expect(() => writeFigures('# Card', found, { rows: '', command: '' })).toThrow(/no place for figures/);
});

test('a perfectly calibrated answer lies on the diagonal of its plot', () => {
  const logOdds = new Float32Array(4).fill(Math.log(3));
  const bins = reliabilityOf(logOdds, Int8Array.of(1, 1, 1, -1));
  expect(bins.filter(({ answers }) => answers > 0)).toEqual([
    { from: 11 / 15, to: 12 / 15, answers: 4, probability: expect.closeTo(0.75, 6), share: 0.75 },
  ]);
  const [, x, y] = /<circle cx="([\d.]+)" cy="([\d.]+)"/.exec(reliabilityPlot(bins, 'a < b'))!;
  // 320 pixels a side, from (56, 352) up and to the right
  expect(Number(x) - 56).toBeCloseTo(352 - Number(y), 5);
  expect(reliabilityPlot(bins, 'a < b')).toContain('<title>a &lt; b</title>');
  const risk = { value: 0.5, low: 0.4, high: 0.6 };
  expect(coverageRiskPlot([{ coverage: 1, risk }], 't')).toContain('376,192');
});
