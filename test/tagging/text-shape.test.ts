import { expect, test } from 'vitest';
import { DocumentReader } from '../../src/tagging/text-part/document-reader.js';
import { PARAGRAPH_WORDS, shapeOf, shapeScale } from '../../src/tagging/text-shape.js';
import { keysOf } from '../../src/tagging/training/row-keys.js';

const reader = new DocumentReader({ index: new Map(), idf: new Float32Array() });
const PARAGRAPH = 'river '.repeat(PARAGRAPH_WORDS);
const SUBTITLE = 'We cross the river at night.';

test('long lines are paragraphs, lines of subtitles are none, whoever counts them', () => {
  const lines = [PARAGRAPH, SUBTITLE, PARAGRAPH, 'river '.repeat(PARAGRAPH_WORDS - 1)];
  expect(reader.read(lines).paragraphs).toBe(2);
  expect(keysOf([{ id: 'a', lines, media: null }])[0]).toMatchObject({
    words: reader.read(lines).words,
    paragraphs: 2,
  });
});

test('a transcript has the shape of no text with paragraphs, however many lines it has', () => {
  const scale = shapeScale([1, 4, 9, 30].map((paragraphs) => ({ words: 40 * paragraphs, paragraphs })));
  const shape = (lines: string[]) => shapeOf(reader.read(lines), scale);
  expect(shape(Array(300).fill(SUBTITLE)).paragraphs).toBe(0);
  expect(shape([PARAGRAPH]).paragraphs).toBeLessThan(-1);
  expect(shape(Array(30).fill(PARAGRAPH)).paragraphs).toBeGreaterThan(1);
});

test('texts without paragraphs teach none', () => {
  const scale = shapeScale([{ words: 100, paragraphs: 0 }]);
  expect(scale.paragraphs).toBeNull();
  expect(shapeOf({ words: 200, paragraphs: 3 }, scale).paragraphs).toBe(0);
});
