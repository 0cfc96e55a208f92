import path from 'node:path';
import { readVocabulary, TEXT_FILES } from '../signals/text-files.js';
import { contentWords } from '../signals/text-words.js';
import type { Interpretation } from './query-words.js';

/** Words that one text in twenty has tell hardly anything: ln(20) + 1. */
const COMMON_IDF = 4;

/** Stems of the words that are so common in the pack's texts that a query cannot mean them. */
export async function readCommonWords(packFolder: string): Promise<ReadonlySet<string>> {
  const { index, idf } = await readVocabulary(path.join(packFolder, TEXT_FILES.vocabulary));
  return new Set([...index].filter(([, term]) => idf[term]! < COMMON_IDF).map(([stem]) => stem));
}

/** The query's text without common words, but for those that name labels; all of it where nothing else is left. */
export function tellingText({ text, rest }: Interpretation, common: ReadonlySet<string>): string {
  const others = new Set(rest);
  const tells = (word: string) => !others.has(word) || contentWords(word).some((stem) => !common.has(stem));
  return text.split(' ').filter(tells).join(' ') || text;
}
