import type { CatalogIndex, IndexedTitle } from './catalog-index.js';
import { SAME_MATTER } from './row-words.js';

export type RowKind = 'MOOD' | 'THEME' | 'MOOD_THEME' | 'MOOD_GENRE' | 'GENRE_THEME';

/** What a row collects: titles on which all of its labels are accepted. */
export interface RowRule {
  /** The labels joined by `+`: the same for ever. */
  id: string;
  kind: RowKind;
  labels: string[];
  /** Numbers of the labels in the index. */
  numbers: number[];
  /** How many titles it fits. */
  size: number;
  /** ln of how much oftener its labels meet than by chance; 0 for one label. */
  lift: number;
}

/** Titles by label, from one state of the catalog. */
export interface Postings {
  /** By label number: the titles on which it is accepted. */
  ofLabel: IndexedTitle[][];
  /** By pair of numbers, `a * labels + b` with a < b: how many titles have both. */
  pairs: Uint32Array;
  titles: number;
}

const KINDS: Record<string, RowKind> = {
  mood: 'MOOD',
  theme: 'THEME',
  'mood+theme': 'MOOD_THEME',
  'genre+mood': 'MOOD_GENRE',
  'genre+theme': 'GENRE_THEME',
};

export function countLabels(index: CatalogIndex): Postings {
  const count = index.labels.length;
  const ofLabel: IndexedTitle[][] = index.labels.map(() => []);
  const pairs = new Uint32Array(count * count);
  for (const title of index.titles()) {
    const accepted = title.labels.subarray(0, title.accepted).slice().sort();
    accepted.forEach((a, i) => {
      ofLabel[a]!.push(title);
      for (const b of accepted.subarray(i + 1)) pairs[a * count + b]!++;
    });
  }
  return { ofLabel, pairs, titles: index.size };
}

/** Every rule of one or two labels of different groups that at least `smallest` titles fit. */
export function findRules(index: CatalogIndex, postings: Postings, smallest: number): RowRule[] {
  const { labels } = index;
  const rules: RowRule[] = [];
  for (let a = 0; a < labels.length; a++) {
    const alone = ruleOf([a], postings.ofLabel[a]!.length, 0, index);
    if (alone && alone.size >= smallest) rules.push(alone);
    for (let b = a + 1; b < labels.length; b++) {
      const size = postings.pairs[a * labels.length + b]!;
      if (size < smallest) continue;
      const expected = (postings.ofLabel[a]!.length * postings.ofLabel[b]!.length) / postings.titles;
      const rule = ruleOf([a, b], size, Math.log(size / expected), index);
      if (rule) rules.push(rule);
    }
  }
  return rules;
}

function ruleOf(numbers: number[], size: number, lift: number, index: CatalogIndex): RowRule | null {
  const labels = numbers.map((number) => index.labels[number]!.id).sort();
  const kind = KINDS[labels.map((label) => label.split('/')[0]).join('+')];
  const repeats = SAME_MATTER.some((pair) => pair.every((label) => labels.includes(label)));
  if (!kind || repeats) return null;
  return { id: labels.join('+'), kind, labels, numbers, size, lift };
}
