import { stem } from '../../signals/text-words.js';
import type { TaxonomyLabel } from '../taxonomy.js';
import { mentionsOf } from './mentions.js';

/** One word of a label: says yes where the text asserts it, no where the text only denies it. */
export interface WordFunction {
  /** Index of its label. */
  label: number;
  /** `word revenge` */
  name: string;
  stem: string;
}

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
  const asserted = new Set<string>();
  const denied = new Set<string>();
  for (const mention of mentionsOf(text)) (mention.denied ? denied : asserted).add(mention.stem);
  return Int8Array.from(functions, ({ stem: root }) => {
    if (asserted.has(root)) return 1;
    return denied.has(root) ? -1 : 0;
  });
}
