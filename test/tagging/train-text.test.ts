import { afterAll, expect, test } from 'vitest';
import { ThreadPool } from '../../src/inference/threads.js';
import type { LabelledText } from '../../src/tagging/corpus.js';
import { averagePrecision } from '../../src/tagging/measure.js';
import { randomStream } from '../../src/tagging/random.js';
import { project } from '../../src/tagging/sparse.js';
import type { Source } from '../../src/tagging/targets.js';
import { learnText, rowsOf } from '../../src/tagging/train-text.js';
import type { trainTasks } from '../../src/tagging/train-thread.js';

const threads = new ThreadPool<typeof trainTasks>(
  new URL('../../dist/tagging/train-thread.js', import.meta.url),
  2,
);
afterAll(() => threads.close());

const SYNOPSES = 60;
const EXTRACTS = 180;
const SOURCES: Source[] = ['genre:Horror', 'genre:Spy'];
const DENSE = 2;

/** Every fourth text is horror, the others are films of spies. Ghosts tell the one, gadgets the other. */
function texts(count: number, seed: number): LabelledText[] {
  const random = randomStream(seed);
  return Array.from({ length: count }, (_, i) => {
    const filler = Array.from({ length: 8 }, () => `word${'abcdefghij'[Math.floor(random() * 10)]}`);
    const own = i % 4 === 0 ? ['ghost', 'castle'] : ['wedding', 'gadget'];
    const text = [...filler, ...own.filter(() => random() < 0.9)].join(' ');
    return { id: `${i}`, text, labels: {}, source: 'wikipedia', film: null, title: `${seed} ${i}` };
  });
}

const all = [...texts(SYNOPSES, 2), ...texts(EXTRACTS, 3)];
const isHorror = (row: number) => (row % 4 === 0 ? 1 : -1);
const seed = 1;
const learned = learnText(
  {
    texts: all,
    synopses: SYNOPSES,
    cuts: { texts: texts(SYNOPSES, 4), from: [...Array(SYNOPSES).keys()] },
    sources: SOURCES,
    // Synopses say nothing of spies.
    targets: Int8Array.from(all.flatMap((_, row) => [isHorror(row), row < SYNOPSES ? 0 : -isHorror(row)])),
  },
  { terms: 1000, fewestTexts: 1, dense: DENSE, seed },
  {
    regression: { cost: 1, balance: 0.5, epochs: 8, seed },
    ridge: { penalty: 2, epochs: 5, seed },
    bayes: { smoothing: 1e-5 },
  },
  threads,
);

/** What the table gives of each source, without the bias: texts × sources. */
async function scoresOf(asked: LabelledText[]): Promise<Float32Array> {
  const { table, vocabulary } = await learned;
  const sums = project(rowsOf(asked, vocabulary), table, DENSE + SOURCES.length);
  return sums.filter((_, at) => at % (DENSE + SOURCES.length) >= DENSE);
}

test('a source that synopses do not know is answered by what the film extracts say', async () => {
  const asked = texts(SYNOPSES, 5);
  const scores = await scoresOf(asked);
  const spies = scores.filter((_, at) => at % 2 === 1);
  expect(
    averagePrecision(
      spies,
      asked.map((_, row) => -isHorror(row)),
    ),
  ).toBeGreaterThan(0.95);
});

test('unseen scores of a text and of its cuts stand where the table would put them, without the bias', async () => {
  const { unseenScores, bias } = await learned;
  const means = (values: Float32Array) =>
    SOURCES.map((_, j) => {
      const own = values.filter((_, at) => at % SOURCES.length === j);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    });
  const rows = [...all, ...texts(SYNOPSES, 4)];
  expect(unseenScores.length).toBe(rows.length * SOURCES.length);
  means(await scoresOf(rows)).forEach((mean, j) => {
    expect(Math.abs(bias[j]!)).toBeGreaterThan(0.05);
    expect(Math.abs(means(unseenScores)[j]! - mean)).toBeLessThan(Math.abs(bias[j]!) / 4);
  });
});

test('a cut is answered by its own words, and its answers stand behind those of all texts', async () => {
  const { unseenScores } = await learned;
  const horror = (row: number) => unseenScores[row * SOURCES.length]!;
  const cuts = [...Array(SYNOPSES).keys()].map((cut) => horror(all.length + cut));
  expect(
    averagePrecision(
      cuts,
      cuts.map((_, cut) => isHorror(cut)),
    ),
  ).toBeGreaterThan(0.95);
});

test('kinds of sources have shares of their own', async () => {
  expect(Object.keys((await learned).shares)).toEqual(['genre']);
});
