import { expect, test } from 'vitest';
import { type Vocabulary, weighDocument } from '../../src/signals/text-features.js';
import { contentWords } from '../../src/signals/text-words.js';
import { randomStream } from '../../src/tagging/random.js';
import { DocumentReader } from '../../src/tagging/text-part/document-reader.js';

const WORDS = [
  ...['the', 'Queen’s', "don't", 'a', 'murders', 'MURDER', 'hopping', 'hoped', 'café', 'Zoë', '1999', 'x'],
  ...['ﬁlm', 'K2', 'incomprehensibilitiesness', 'river-bank', 'über', 'страх', 'stories', 'story', 'kiss'],
];

/** Lines of some words, by chance. */
function someLines(random: () => number): string[] {
  const line = () =>
    Array.from({ length: Math.floor(random() * 9) }, () => WORDS[Math.floor(random() * WORDS.length)]!);
  return Array.from({ length: Math.floor(random() * 6) }, () => line().join(random() < 0.8 ? ' ' : ', '));
}

/** Knows two in three of the terms that these texts have. */
function vocabularyOf(texts: readonly string[][]): Vocabulary {
  const terms = new Set<string>();
  for (const stems of texts.flat().map(contentWords)) {
    for (const [i, stem] of stems.entries()) terms.add(stem).add(`${stem} ${stems[i + 1] ?? 'end'}`);
  }
  const known = [...terms].filter((_, i) => i % 3 > 0);
  return {
    index: new Map(known.map((term, i) => [term, i])),
    idf: Float32Array.from(known, (_, i) => 1 + (i % 7) / 3),
  };
}

const random = randomStream(3);
const texts = Array.from({ length: 300 }, () => someLines(random));
const vocabulary = vocabularyOf(texts);

test('a reader gives the row that weighing the document gives, and counts the same words, text after text', () => {
  const reader = new DocumentReader(vocabulary);
  for (const lines of texts) {
    const stems = lines.map(contentWords);
    expect(reader.read(lines)).toEqual({
      words: stems.flat().length,
      paragraphs: 0,
      row: weighDocument(stems, vocabulary),
    });
  }
});

test('a pair counts though neither of its stems is a term by itself, and not across a word that no term has', () => {
  const reader = new DocumentReader({ index: new Map([['river bank', 0]]), idf: Float32Array.of(2) });
  expect([...reader.read(['the river and the bank']).row.terms]).toEqual([0]);
  expect([...reader.read(['river flood bank', 'river', 'bank']).row.terms]).toEqual([]);
});

test('a vocabulary without terms gives empty rows and counts the words all the same', () => {
  const reader = new DocumentReader({ index: new Map(), idf: new Float32Array() });
  expect(reader.read(['a ghost by the river'])).toEqual({
    words: 2,
    paragraphs: 0,
    row: { terms: new Int32Array(), weights: new Float32Array() },
  });
});
