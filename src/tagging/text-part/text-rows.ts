import { vocabularyOf } from '../../signals/text-files.js';
import { type SparseRows, stackRows } from '../sparse.js';
import { countTerms, type VocabularySettings } from '../term-counts.js';
import { DocumentReader } from './document-reader.js';

/** Texts as rows of the terms that they taught. */
export interface TextRows {
  /** Most frequent first. */
  terms: string[];
  /** One a term: see `Vocabulary`. */
  idf: Float32Array;
  /** The texts, and behind them their excerpts. */
  rows: SparseRows;
}

/**
 * Finds the terms of the texts and weighs texts and excerpts by them: half a minute for 11,507 synopses, so it is a
 * thread's task.
 * @param texts the lines of each; they alone have a say in what is a term
 */
export function textRows({
  texts,
  excerpts,
  vocabulary: settings,
}: {
  texts: readonly (readonly string[])[];
  excerpts: readonly (readonly string[])[];
  vocabulary: VocabularySettings;
}): TextRows {
  const counts = countTerms(texts, settings);
  const vocabulary = vocabularyOf(texts.length, counts);
  const reader = new DocumentReader(vocabulary);
  return {
    terms: counts.map(([term]) => term),
    idf: vocabulary.idf,
    rows: stackRows(
      [...texts, ...excerpts].map((lines) => reader.read(lines).row),
      counts.length,
    ),
  };
}
