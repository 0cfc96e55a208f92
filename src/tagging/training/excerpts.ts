import { contentWords } from '../../signals/text-words.js';
import { FEWEST_WORDS } from '../quality.js';
import { randomStream } from '../random.js';

/** Consecutive words of a row's text, to see what so few of them are worth. */
export interface Excerpt {
  /** Place of the row that it is from. */
  row: number;
  lines: string[];
  /** Words that carry matter. */
  words: number;
}

/**
 * One excerpt a text, its place drawn evenly and its length on a logarithmic scale between the fewest words that are
 * answered and the whole text, so that every doubling of the length is as frequent. Those that fall short of the fewest
 * are left out.
 */
export function excerptsOf(texts: readonly (readonly string[])[], seed: number): Excerpt[] {
  const random = randomStream(seed);
  return texts.flatMap((text, row) => {
    const all = text.join(' ').split(/\s+/);
    const share = (FEWEST_WORDS / Math.max(FEWEST_WORDS, contentWords(text.join(' ')).length)) ** random();
    const size = Math.ceil(all.length * share);
    const start = Math.floor(random() * (all.length - size + 1));
    const line = all.slice(start, start + size).join(' ');
    const words = contentWords(line).length;
    return words < FEWEST_WORDS ? [] : [{ row, lines: [line], words }];
  });
}
