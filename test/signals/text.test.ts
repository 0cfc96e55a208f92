import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TimedLine } from '../../src/media/timed-line.js';
import { embedText } from '../../src/signals/text.js';
import { weighLines } from '../../src/signals/text-features.js';
import { vocabularyOf } from '../../src/signals/text-files.js';
import { TextModel } from '../../src/signals/text-model.js';
import { contentWords } from '../../src/signals/text-words.js';

const speech = (text: string, startSeconds = 0, kind: TimedLine['kind'] = 'SPEECH'): TimedLine => ({
  startSeconds,
  endSeconds: startSeconds + 2,
  text,
  kind,
  speaker: null,
});

test('a transcript without punctuation and capitals has the words of its well-written form', () => {
  expect(contentWords("I've murdered the Queen's brothers… Vengeance!")).toEqual(
    contentWords('ive murdered the queens brothers vengeance'),
  );
});

test('forms of one word share a stem, different words do not', () => {
  const stems = (text: string) => new Set(contentWords(text)).size;
  expect(stems('murder murders murdered murdering')).toBe(1);
  expect(stems('family families')).toBe(1);
  expect(stems('stop stopped stopping')).toBe(1);
  expect(stems('witch wit sing king universe university')).toBe(6);
});

const words = fc.constantFrom('king', 'dragon', 'sword', 'castle', 'night', 'unknownword', 'of');
const documents = fc.array(
  fc.array(words, { maxLength: 8 }).map((line) => line.join(' ')),
  { minLength: 1, maxLength: 6 },
);
const vocabulary = vocabularyOf(100, [
  ['king', 40],
  ['dragon', 3],
  ['sword', 9],
  ['castl', 5],
  ['night', 60],
  ['king dragon', 2],
]);

test('the rows of a document’s lines add up to a row of length 1, or of nothing where no word is known', () => {
  fc.assert(
    fc.property(documents, (lines) => {
      const sum = new Float64Array(vocabulary.idf.length);
      for (const row of weighLines(lines, vocabulary)) {
        row.terms.forEach((term, i) => {
          sum[term] = sum[term]! + row.weights[i]!;
        });
      }
      const length = Math.hypot(...sum);
      const known = lines.some((line) => contentWords(line).some((word) => vocabulary.index.has(word)));
      expect(length).toBeCloseTo(known ? 1 : 0, 5);
    }),
  );
});

test('the order of the lines does not change the document', () => {
  const lines = ['the king and the dragon', 'a sword in the castle', 'night over the castle'];
  const total = (rows: ReturnType<typeof weighLines>) => {
    const sum = new Map<number, number>();
    for (const row of rows)
      for (const [i, term] of row.terms.entries()) sum.set(term, (sum.get(term) ?? 0) + row.weights[i]!);
    return [...sum].sort(([a], [b]) => a - b);
  };
  expect(total(weighLines(lines.toReversed(), vocabulary))).toEqual(total(weighLines(lines, vocabulary)));
});

describe('the shipped text model', () => {
  let model: TextModel;
  beforeAll(async () => {
    model = await TextModel.load(path.join(import.meta.dirname, '../../models/compact'));
  });
  afterAll(() => model.close());

  const lines = [
    speech('What are you doing in this haunted castle?', 1),
    speech('[thunder]', 3, 'SOUND'),
    speech('The ghost of my father will take revenge!', 5),
  ];

  test('gives a unit vector for the whole and for each spoken line', async () => {
    const { vector, moments } = await embedText(model, lines);
    const length = (v: Float32Array) => Math.hypot(...v.subarray(0, model.layout.dense));
    expect(length(vector!)).toBeCloseTo(1, 5);
    expect(moments.map(({ startSeconds }) => startSeconds)).toEqual([1, 5]);
    for (const moment of moments) expect(length(moment.vector)).toBeCloseTo(1, 5);
  });

  test('splits every score exactly over the lines', async () => {
    const { vector, moments } = await embedText(model, lines);
    model.layout.sources.forEach((_, j) => {
      const at = model.layout.dense + j;
      expect(moments.reduce((sum, moment) => sum + moment.vector[at]!, 0)).toBeCloseTo(vector![at]!, 4);
    });
  });

  test('says why it has no vector where nothing is spoken or not a word is known', async () => {
    const silent = await embedText(model, [speech('♪ la la ♪', 0, 'MUSIC')]);
    expect(silent).toMatchObject({
      vector: null,
      moments: [],
      missingReason: expect.stringContaining('no spoken words'),
    });
    const foreign = await embedText(model, [speech('Никто не знает этих слов')]);
    expect(foreign).toMatchObject({
      vector: null,
      missingReason: expect.stringContaining('none of the words'),
    });
  });

  test('finds texts of like meaning nearer than others', async () => {
    const [detective, inspector, wedding] = await model.encode([
      'A detective investigates the murder of a banker.',
      'The police inspector looks for clues to the killing of a rich man.',
      'Two young people fall in love and plan their wedding by the sea.',
    ]);
    const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    expect(cosine(detective!, inspector!)).toBeGreaterThan(cosine(detective!, wedding!) + 0.2);
  });

  test('gives the same bits each time', async () => {
    const first = await embedText(model, lines);
    for (let i = 0; i < 20; i++) expect(await embedText(model, lines)).toEqual(first);
  });
});
