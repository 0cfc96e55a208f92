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

function filled(count: number, seed: number): { index: VectorIndex; rows: Map<string, Aspects> } {
  const random = randomStream(seed);
  const index = new VectorIndex(DIMENSIONS);
  const rows = new Map<string, Aspects>();
  for (let i = 0; i < count; i++) {
    const id = `title_${String(i).padStart(6, '0')}`;
    const aspects = randomAspects(random);
    rows.set(id, aspects);
    index.put(id, aspects);
  }
  return { index, rows };
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
    const { index, rows } = filled(400, 5);
    const random = randomStream(6);
    const query = randomAspects(random);
    const known = new Set(rows.keys());
    const listed: string[] = [];
    for (let after: Neighbour | null = null; ; ) {
      const page = index.nearest({ query, blend: DEFAULT_BLEND, limit: 30, after });
      listed.push(...page.map(({ id }) => id));
      if (page.length < 30) break;
      after = page.at(-1)!;
      for (let i = 0; i < 7; i++) index.put(`new_${listed.length}_${i}`, randomAspects(random));
    }
    const seenOfOld = listed.filter((id) => known.has(id));
    expect(new Set(seenOfOld).size).toBe(seenOfOld.length);
    expect(seenOfOld.length).toBe(bruteForce(rows, query).length);
  });

  test('leaves a missing signal out instead of counting it as zero', () => {
    const index = new VectorIndex(DIMENSIONS);
    const [text, sound] = [unit(new Float32Array(96).fill(1)), unit(new Float32Array(14).fill(1))];
    index.put('words only', { ...noAspects(), TEXT: text });
    index.put('both, sound unlike', { ...noAspects(), TEXT: text, SOUND: sound!.map((x) => -x) });
    index.put('nothing shared', { ...noAspects(), PICTURE: unit(new Float32Array(23).fill(1)) });
    const query = { ...noAspects(), TEXT: text, SOUND: sound };
    const found = index.nearest({ query, blend: DEFAULT_BLEND, limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(['words only', 'both, sound unlike']);
    expect(found[0]!.score).toBeCloseTo(1, 5);
  });

  test('keeps the others in place when a title goes', () => {
    const { index, rows } = filled(200, 9);
    const query = randomAspects(randomStream(10), 0);
    for (const id of [...rows.keys()].filter((_, i) => i % 3 === 0)) {
      index.remove(id);
      rows.delete(id);
    }
    expect(index.size).toBe(rows.size);
    expect(index.nearest({ query, blend: DEFAULT_BLEND, limit: 500 })).toEqual(bruteForce(rows, query));
  });
});
