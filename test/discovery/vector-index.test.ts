import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Aspects,
  DEFAULT_BLEND,
  DENSE_ASPECTS,
  noAspects,
  similarity,
  unit,
} from '../../src/discovery/aspect.js';
import { unpackedWords } from '../../src/discovery/telling-words.js';
import { TitleNumbers } from '../../src/discovery/title-numbers.js';
import { inOrder, type Neighbour, VectorIndex } from '../../src/discovery/vector-index.js';
import { WordColumn } from '../../src/discovery/word-column.js';
import { randomStream } from '../../src/tagging/random.js';

const DIMENSIONS = { TEXT: 96, PICTURE: 23, SOUND: 14, TAGS: 53 };

interface Title {
  aspects: Aspects;
  /** Packed. */
  words: Uint32Array | null;
}

function randomTitle(random: () => number, missing = 0.3): Title {
  const aspects = noAspects();
  const words = random() < missing ? null : randomWords(random);
  aspects.WORDS = words && unpackedWords(words);
  for (const aspect of DENSE_ASPECTS) {
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
  return { aspects, words };
}

const randomAspects = (random: () => number, missing?: number): Aspects =>
  randomTitle(random, missing).aspects;

/** One to 32 words of 300, common ones oftener, each with a weight of its own. */
function randomWords(random: () => number): Uint32Array {
  const terms = new Set(
    Array.from({ length: 1 + Math.floor(32 * random()) }, () => Math.floor(300 * random() ** 2)),
  );
  return Uint32Array.from([...terms], (term) => term * 256 + 1 + Math.floor(255 * random())).sort();
}

const WORDS_ALONE = { TEXT: 0, WORDS: 1, PICTURE: 0, SOUND: 0, TAGS: 0 };

/** Rows that no test needs more of. */
const ROOM = 6_000;

interface Filled {
  index: VectorIndex;
  column: WordColumn;
  numbers: TitleNumbers;
  rows: Map<string, Aspects>;
}

function empty(): Filled {
  const numbers = new TitleNumbers();
  const column = new WordColumn();
  const index = new VectorIndex(DIMENSIONS, numbers, column);
  index.reserve(ROOM);
  column.reserve(ROOM);
  return { numbers, index, column, rows: new Map() };
}

function put({ index, column, numbers, rows }: Filled, id: string, { aspects, words }: Title): void {
  const row = numbers.add(id);
  index.set(row, aspects);
  column.set(row, words);
  rows.set(id, aspects);
}

function filled(count: number, seed: number): Filled {
  const random = randomStream(seed);
  const all = empty();
  for (let i = 0; i < count; i++) put(all, `title_${String(i).padStart(6, '0')}`, randomTitle(random));
  return all;
}

/** In double precision, without an index. */
function bruteForce(rows: Map<string, Aspects>, query: Aspects, blend = DEFAULT_BLEND): Neighbour[] {
  return [...rows]
    .map(([id, aspects]) => ({ id, score: similarity(query, aspects, blend) }))
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
      for (let i = 0; i < 7; i++) put(all, `new_${listed.length}_${i}`, randomTitle(random));
    }
    const seenOfOld = listed.filter((id) => known.has(id));
    expect(new Set(seenOfOld).size).toBe(seenOfOld.length);
    expect(seenOfOld.length).toBe(known.size);
  });

  test('leaves a missing signal out instead of counting it as zero', () => {
    const all = empty();
    const [text, sound] = [unit(new Float32Array(96).fill(1)), unit(new Float32Array(14).fill(1))];
    const putOnly = (id: string, aspects: Partial<Aspects>) =>
      put(all, id, { aspects: { ...noAspects(), ...aspects }, words: null });
    putOnly('text only', { TEXT: text });
    putOnly('both, sound unlike', { TEXT: text, SOUND: sound!.map((x) => -x) });
    putOnly('nothing shared', { PICTURE: unit(new Float32Array(23).fill(1)) });
    const query = { ...noAspects(), TEXT: text, SOUND: sound };
    const found = all.index.nearest({ query, blend: DEFAULT_BLEND, limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(['text only', 'both, sound unlike']);
    expect(found[0]!.score).toBeCloseTo(1, 5);
  });

  test('keeps the others in place when a title goes', () => {
    const all = filled(200, 9);
    const { index, column, numbers, rows } = all;
    const query = randomAspects(randomStream(10), 0);
    for (const id of [...rows.keys()].filter((_, i) => i % 3 === 0)) {
      const { from, to } = numbers.remove(id)!;
      index.move(from, to);
      column.move(from, to);
      rows.delete(id);
    }
    expect(numbers.count).toBe(rows.size);
    // The places behind the end are taken again, and what was there is forgotten.
    const random = randomStream(11);
    for (let i = 0; i < 30; i++) put(all, `later_${i}`, randomTitle(random));
    for (const id of [...rows.keys()].slice(0, 40)) put(all, id, randomTitle(random));
    expect(index.nearest({ query, blend: DEFAULT_BLEND, limit: 500 })).toEqual(bruteForce(rows, query));
    for (const row of [...rows.values()].slice(0, 40))
      expect(index.nearest({ query: row, blend: WORDS_ALONE, limit: 3 })).toEqual(
        bruteForce(rows, row, WORDS_ALONE).slice(0, 3),
      );
  });
});
