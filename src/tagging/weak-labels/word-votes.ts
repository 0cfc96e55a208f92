import { stem } from '../../signals/text-words.js';
import type { TaxonomyLabel } from '../taxonomy.js';
import { mentionsOf } from './mentions.js';

/** One word of a label: says yes where the text asserts it often enough, no where the text only denies it. */
export interface WordFunction {
  /** Index of its label. */
  label: number;
  /** `word revenge` */
  name: string;
  stem: string;
}

/** A word counts once in so many content words: long synopses would otherwise mention everything. */
const WORDS_A_MENTION = 300;

/** The words of each label, one function for those that share a stem. */
export function wordFunctionsOf(labels: readonly TaxonomyLabel[]): WordFunction[] {
  return labels.flatMap(({ words }, label) => {
    const byStem = new Map<string, string>();
    for (const word of words) if (!byStem.has(stem(word))) byStem.set(stem(word), word);
    return [...byStem].map(([root, word]) => ({ label, name: `word ${word}`, stem: root }));
  });
}

/** One vote a function for one text. */
export function wordVotes(text: string, functions: readonly WordFunction[]): Int8Array {
  const mentions = mentionsOf(text);
  const asserted = new Map<string, number>();
  const denied = new Set<string>();
  for (const mention of mentions) {
    if (mention.denied) denied.add(mention.stem);
    else asserted.set(mention.stem, (asserted.get(mention.stem) ?? 0) + 1);
  }
  return Int8Array.from(functions, ({ stem: root }) => {
    const times = asserted.get(root) ?? 0;
    if (times > 0) return times * WORDS_A_MENTION >= mentions.length ? 1 : 0;
    return denied.has(root) ? -1 : 0;
  });
}
