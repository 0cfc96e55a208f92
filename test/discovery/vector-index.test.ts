import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ASPECTS,
  type Aspects,
  DEFAULT_BLEND,
  noAspects,
  similarity,
  unit,
} from '../../src/discovery/aspect.js';
import { TitleNumbers } from '../../src/discovery/title-numbers.js';
import { inOrder, type Neighbour, VectorIndex } from '../../src/discovery/vector-index.js';
import { randomStream } from '../../src/tagging/random.js';

const DIMENSIONS = { TEXT: 96, PICTURE: 23, SOUND: 14, TAGS: 53 };

function randomAspects(random: () => number, missing = 0.3): Aspects {
  const aspects = noAspects();
  for (const aspect of ASPECTS) {
    if (aspect !== 'TAGS' && random() < missing) continue;
    // A few centres with noise: neighbours lie close together, as in a real catalog.
    const centre = Math.floor(random() * 4);
    aspects[aspect] = unit(
      Float32Array.from(
        { length: DIMENSIONS[aspect] },
        (_, i) => (i % 4 === centre ? 1 : 0) + random() - 0.5,
      ),
    );
  }
  return aspects;
}

/** Rows that no test needs more of. */
const ROOM = 6_000;

interface Filled {
  index: VectorIndex;
  numbers: TitleNumbers;
  rows: Map<string, Aspects>;
}

function empty(): Filled {
  const numbers = new TitleNumbers();
  const index = new VectorIndex(DIMENSIONS, numbers);
  index.reserve(ROOM);
  return { numbers, index, rows: new Map() };
}

function put({ index, numbers, rows }: Filled, id: string, aspects: Aspects): void {
  const row = numbers.add(id);
  index.set(row, aspects);
  rows.set(id, aspects);
}

function filled(count: number, seed: number): Filled {
  const random = randomStream(seed);
  const all = empty();
  for (let i = 0; i < count; i++) put(all, `title_${String(i).padStart(6, '0')}`, randomAspects(random));
  return all;
}

/** In double precision, without an index. */
function bruteForce(rows: Map<string, Aspects>, query: Aspects): Neighbour[] {
  return [...rows]
    .map(([id, aspects]) => ({ id, score: similarity(query, aspects, DEFAULT_BLEND) }))
    .filter((row): row is Neighbour => row.score !== null)
    .map(({ id, score }) => ({ id, score: Math.round(score * 1e6) / 1e6 }))
    .sort(inOrder);
}

describe('the vector index', () => {
  test('finds what brute force finds, in the same order with the same scores', () => {
    const { index, rows } = filled(5_000, 1);
    const random = randomStream(2);
    for (let i = 0; i < 20; i++) {
      const query = randomAspects(random);
      expect(index.nearest({ query, blend: DEFAULT_BLEND, limit: 25 })).toEqual(
        bruteForce(rows, query).slice(0, 25),
      );
    }
  });

  test('gives every title once over the pages of a list', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, pageSize) => {
        const { index, rows } = filled(300, seed);
        const query = randomAspects(randomStream(seed + 1));
        const listed: Neighbour[] = [];
        for (let after: Neighbour | null = null; ; ) {
          const page = index.nearest({ query, blend: DEFAULT_BLEND, limit: pageSize, after });
          listed.push(...page);
          if (page.length < pageSize) break;
          after = page.at(-1)!;
        }
        expect(listed).toEqual(bruteForce(rows, query));
      }),
      { numRuns: 25 },
    );
  });

  test('a title that comes in while pages are read neither repeats nor hides another', () => {
    const all = filled(400, 5);
    const { index, rows } = all;
    const random = randomStream(6);
    const query = randomAspects(random);
    const known = new Set(rows.keys());
    const listed: string[] = [];
    for (let after: Neighbour | null = null; ; ) {
      const page = index.nearest({ query, blend: DEFAULT_BLEND, limit: 30, after });
      listed.push(...page.map(({ id }) => id));
      if (page.length < 30) break;
      after = page.at(-1)!;
      for (let i = 0; i < 7; i++) put(all, `new_${listed.length}_${i}`, randomAspects(random));
    }
    const seenOfOld = listed.filter((id) => known.has(id));
    expect(new Set(seenOfOld).size).toBe(seenOfOld.length);
    expect(seenOfOld.length).toBe(known.size);
  });

  test('leaves a missing signal out instead of counting it as zero', () => {
    const all = empty();
    const [text, sound] = [unit(new Float32Array(96).fill(1)), unit(new Float32Array(14).fill(1))];
    put(all, 'words only', { ...noAspects(), TEXT: text });
    put(all, 'both, sound unlike', { ...noAspects(), TEXT: text, SOUND: sound!.map((x) => -x) });
    put(all, 'nothing shared', { ...noAspects(), PICTURE: unit(new Float32Array(23).fill(1)) });
    const query = { ...noAspects(), TEXT: text, SOUND: sound };
    const found = all.index.nearest({ query, blend: DEFAULT_BLEND, limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(['words only', 'both, sound unlike']);
    expect(found[0]!.score).toBeCloseTo(1, 5);
  });

  test('keeps the others in place when a title goes', () => {
    const { index, numbers, rows } = filled(200, 9);
    const query = randomAspects(randomStream(10), 0);
    for (const id of [...rows.keys()].filter((_, i) => i % 3 === 0)) {
      const { from, to } = numbers.remove(id)!;
      index.move(from, to);
      rows.delete(id);
    }
    expect(numbers.count).toBe(rows.size);
    expect(index.nearest({ query, blend: DEFAULT_BLEND, limit: 500 })).toEqual(bruteForce(rows, query));
  });
});
