import { afterAll, beforeAll, expect, test } from 'vitest';
import { ThreadPool } from '../../src/inference/threads.js';
import type { LabelledText } from '../../src/tagging/corpus.js';
import { randomStream } from '../../src/tagging/random.js';
import type { Source } from '../../src/tagging/targets.js';
import { learnText } from '../../src/tagging/train-text.js';
import type { trainTasks } from '../../src/tagging/train-thread.js';

let threads: ThreadPool<typeof trainTasks>;
beforeAll(() => {
  threads = new ThreadPool(new URL('../../dist/tagging/train-thread.js', import.meta.url), 1);
});
afterAll(() => threads.close());

const SYNOPSES = 40;
const EXTRACTS = 120;
const SOURCES: Source[] = ['genre:Horror', 'genre:Spy'];

/** Synopses know horror by its ghosts; extracts know horror by its castles, and spies, by other words. */
function texts(): LabelledText[] {
  const random = randomStream(2);
  const letters = 'abcdefghij';
  return Array.from({ length: SYNOPSES + EXTRACTS + SYNOPSES }, (_, i) => {
    const filler = Array.from({ length: 8 }, () => `word${letters[Math.floor(random() * 10)]}`);
    const own = i % 2 === 0 ? ['ghost', 'castle'] : ['wedding', 'gadget'];
    const text = [...filler, ...own.filter(() => random() < 0.7)].join(' ');
    return { id: `${i}`, text, labels: {}, source: 'wikipedia', film: null, title: `${i}` };
  });
}

function lessons(spread: number) {
  const all = texts();
  const horror = (from: number, to: number) =>
    Int8Array.from(all, (_, i) => (i < from || i >= to ? 0 : i % 2 === 0 ? 1 : -1));
  return {
    texts: all,
    synopses: SYNOPSES,
    trailerLike: SYNOPSES + EXTRACTS,
    sources: SOURCES,
    corpora: [
      { teaches: [0], targets: horror(0, SYNOPSES), spread: 1 },
      { teaches: [0, 1], targets: both(horror(SYNOPSES, SYNOPSES + EXTRACTS)), spread },
    ],
  };
}

/** Each row's target for horror, and its opposite for spies. */
function both(horror: Int8Array): Int8Array {
  return Int8Array.from({ length: horror.length * 2 }, (_, at) =>
    at % 2 === 0 ? horror[at / 2]! : -horror[(at - 1) / 2]!,
  );
}

const learn = (spread: number) =>
  learnText(
    lessons(spread),
    { terms: 1000, fewestTexts: 1, dense: 2, seed: 1 },
    { cost: 1, balance: 0.5, epochs: 8 },
    threads,
  );

function deviation(values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

test("a second corpus counts by the given share of the first's spread on trailer-like texts, however large it is", async () => {
  const alone = await learn(0);
  const half = await learn(0.5);
  const places = Array.from({ length: SYNOPSES }, (_, i) => (SYNOPSES + EXTRACTS + i) * SOURCES.length);
  const first = places.map((at) => alone.unseenScores[at]!);
  const second = places.map((at, i) => 1.5 * half.unseenScores[at]! - first[i]!);
  expect(deviation(second) / deviation(first)).toBeCloseTo(0.5, 4);
});

test('what only the second corpus teaches keeps its own scores', async () => {
  const spies = ({ unseenScores }: Awaited<ReturnType<typeof learn>>) =>
    Array.from(unseenScores).filter((_, at) => at % SOURCES.length === 1);
  expect(spies(await learn(0))).toEqual(spies(await learn(0.5)));
  expect(deviation(spies(await learn(0)))).toBeGreaterThan(0.1);
});
