import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_BLEND, MATTER_BLEND, similarity, unit } from '../../src/discovery/aspect.js';
import { CatalogIndex } from '../../src/discovery/catalog-index.js';
import { choose } from '../../src/discovery/diversity.js';
import { MemoryEngine } from '../../src/discovery/memory-engine.js';
import { fuseRanks } from '../../src/discovery/rank-fusion.js';
import { type RankRequest, rankForTaste } from '../../src/discovery/ranking.js';
import { UNRESTRICTED } from '../../src/discovery/restriction.js';
import { findRules } from '../../src/discovery/row-rules.js';
import { type BuiltRow, buildRows, type RowRequest, SMALLEST_ROW } from '../../src/discovery/rows.js';
import { findTastes } from '../../src/discovery/taste.js';
import { randomStream } from '../../src/tagging/random.js';

const LABELS = ['genre/a', 'genre/b', 'mood/c', 'mood/d', 'theme/e', 'theme/f'];
const DIMENSIONS = { TEXT: 12, PICTURE: 4, SOUND: 4 };

/** Titles of three kinds, each kind around an axis of its own. */
function catalog(count: number, seed: number): CatalogIndex {
  const random = randomStream(seed);
  const index = new CatalogIndex(
    LABELS.map((id) => ({ id, name: id.split('/')[1]!, rarity: 1 + random() })),
    DIMENSIONS,
    true,
  );
  for (let i = 0; i < count; i++) put(index, `title_${String(i).padStart(4, '0')}`, i % 3, random, i);
  return index;
}

function put(index: CatalogIndex, id: string, kind: number, random: () => number, createdAt: number): void {
  const text = Float32Array.from({ length: 12 }, (_, k) => (k % 3 === kind ? 1 : 0) + 0.6 * random());
  const labels = LABELS.filter((_, k) => k % 3 === kind || random() < 0.2);
  index.put({
    id,
    vectors: { TEXT: text, PICTURE: null, SOUND: null },
    words: null,
    labels,
    probabilities: labels.map(() => 0.5 + random() / 2),
    accepted: labels.length,
    createdAt,
  });
}

/** Nothing is asked of a database here. */
const engineOf = (index: CatalogIndex) =>
  new MemoryEngine(index, { query: () => Promise.reject(new Error('there is no database')) });

const rank = (index: CatalogIndex, request: Omit<RankRequest, 'restriction'>) =>
  rankForTaste(engineOf(index), { ...request, restriction: UNRESTRICTED }, { labels: LABELS, stems: [] });

const rowsOf = (index: CatalogIndex, request: RowRequest): Promise<BuiltRow[]> =>
  buildRows({ index, engine: engineOf(index), shelving: findRules(index, SMALLEST_ROW) }, request);

const seeds = fc.integer({ min: 0, max: 1e6 });

describe('ranking for a taste', () => {
  test('gives falling scores, each title once, and none that the profile names', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (seed, first, diversity) => {
          const index = catalog(90, seed);
          const liked = ['title_0000', 'title_0003', 'title_0001'];
          const disliked = ['title_0002'];
          const ranked = await rank(index, { liked, disliked, first, diversity });
          const ids = ranked.map(({ id }) => id);
          const scores = ranked.map(({ score }) => score);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.filter((id) => [...liked, ...disliked].includes(id))).toEqual([]);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a title that fits no taste does not reorder the others', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const index = catalog(60, seed);
        const request = { liked: ['title_0000'], disliked: [], first: 15, diversity: 0.1 };
        const before = await rank(index, request);
        const stranger = Float32Array.from({ length: 12 }, (_, k) => (k % 3 === 0 ? -1 : 0));
        index.put({
          ...{ id: 'stranger', vectors: { TEXT: stranger, PICTURE: null, SOUND: null }, words: null },
          labels: [],
          ...{ probabilities: [], accepted: 0, createdAt: 0 },
        });
        expect(await rank(index, request)).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  test('what is like a disliked title sinks', async () => {
    const index = catalog(90, 7);
    const request = { liked: ['title_0000', 'title_0001'], first: 20, diversity: 0 };
    const kindOf = (id: string) => Number(id.slice(-4)) % 3;
    const ofKindOne = async (disliked: string[]) =>
      (await rank(index, { ...request, disliked })).filter(({ id }) => kindOf(id) === 1).length;
    expect(await ofKindOne(['title_0004', 'title_0007'])).toBeLessThan(await ofKindOne([]));
  });

  test('names the liked title that an answer is most like, and the strongest reason first', async () => {
    const index = catalog(90, 11);
    const liked = ['title_0000', 'title_0003', 'title_0006', 'title_0009'];
    const ranked = await rank(index, { liked, disliked: [], first: 20, diversity: 0.1 });
    const aspectsOf = await engineOf(index).aspectsOf([...liked, ...ranked.map(({ id }) => id)]);
    const likeness = (a: string, b: string) =>
      similarity(aspectsOf.get(a)!, aspectsOf.get(b)!, DEFAULT_BLEND) ?? 0;
    for (const { id, because, reasons } of ranked) {
      const most = Math.max(...liked.map((one) => likeness(one, id)));
      expect(likeness(because!, id)).toBe(most);
      const contributions = reasons.map(({ contribution }) => contribution);
      expect(contributions).toEqual([...contributions].sort((a, b) => b - a));
    }
    expect(new Set(ranked.map(({ because }) => because)).size).toBeGreaterThan(1);
  });
});

describe('choosing', () => {
  const candidates = [
    { id: 'a', score: 1, group: 0 },
    { id: 'like-a', score: 0.9, group: 0 },
    { id: 'other', score: 0.5, group: 0 },
  ];
  const likeness = (a: string, b: string) => (a !== 'other' && b !== 'other' ? 1 : 0);
  const chosen = (diversity: number) =>
    choose(candidates, { count: 3, diversity, shares: [1], likeness }).map(({ id }) => id);

  test('goes by score alone, or keeps apart what is alike', () => {
    expect(chosen(0)).toEqual(['a', 'like-a', 'other']);
    expect(chosen(0.5)).toEqual(['a', 'other', 'like-a']);
  });
});

describe('tastes', () => {
  test('of different kinds are kept apart', async () => {
    const index = catalog(90, 3);
    const liked = ['title_0000', 'title_0001', 'title_0003', 'title_0004', 'title_0006'];
    const aspectsOf = await engineOf(index).aspectsOf(liked);
    const tastes = findTastes(
      liked.map((id) => {
        const aspects = aspectsOf.get(id)!;
        // Turned away from the common middle, as texts of different kinds are.
        return { id, aspects: { ...aspects, TEXT: unit(aspects.TEXT!.map((x) => x - 0.25)) } };
      }),
      { ...MATTER_BLEND, TAGS: 0 },
    );
    expect(tastes.map(({ members }) => [...members].sort())).toEqual([
      ['title_0000', 'title_0003', 'title_0006'],
      ['title_0001', 'title_0004'],
    ]);
  });
});

describe('rows', () => {
  const request: RowRequest = {
    ...{ first: 10, size: 8, kinds: null, tastes: [], without: new Set<string>() },
    ...{ freshFirst: false, day: '2026-11-22', edits: [] },
  };

  test('never show a title twice, keep their bounds, and every title fits the rule', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 6, max: 20 }), async (seed, size) => {
        const index = catalog(120, seed);
        const rows = await rowsOf(index, { ...request, size });
        const shown = rows.flatMap(({ titleIds }) => titleIds);
        expect(new Set(shown).size).toBe(shown.length);
        for (const { titleIds, labels } of rows) {
          expect(titleIds.length).toBeGreaterThanOrEqual(6);
          expect(titleIds.length).toBeLessThanOrEqual(size);
          for (const id of titleIds) {
            const accepted = index.labels.acceptedOf(index.numbers.of(id)!).map((n) => LABELS[n]);
            expect(accepted).toEqual(expect.arrayContaining(labels));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('are the same for the same catalog and day, and others on another day', async () => {
    const rowsOn = (day: string) => rowsOf(catalog(90, 1), { ...request, day });
    const rows = await rowsOn('2026-11-22');
    expect(await rowsOn('2026-11-22')).toEqual(rows);
    expect(rows.length).toBeGreaterThan(3);
    const order = async (day: string) => (await rowsOn(day)).map(({ ruleId }) => ruleId);
    const days = await Promise.all(['2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25'].map(order));
    expect(new Set(days.map(String)).size).toBeGreaterThan(1);
  });

  test('put the newest titles first on request', async () => {
    const index = catalog(90, 2);
    for (const { titleIds } of await rowsOf(index, { ...request, freshFirst: true })) {
      const ages = titleIds.map((id) => index.createdAt(id));
      expect(ages).toEqual([...ages].sort((a, b) => b - a));
    }
  });
});

describe('rank fusion', () => {
  test('a title of no list but its own does not reorder the rest', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 20 }), (ids) => {
        const reversed = [...ids].reverse();
        const before = fuseRanks([
          { ids, weight: 1 },
          { ids: reversed, weight: 0.8 },
        ]);
        const after = fuseRanks([
          { ids: [...ids, '\u0001irrelevant'], weight: 1 },
          { ids: reversed, weight: 0.8 },
        ]).filter(({ id }) => id !== '\u0001irrelevant');
        expect(after).toEqual(before);
      }),
    );
  });

  test('first in every list scores 1', () => {
    expect(
      fuseRanks([
        { ids: ['a', 'b'], weight: 2 },
        { ids: ['a'], weight: 1 },
      ])[0],
    ).toEqual({ id: 'a', score: 1 });
  });
});
