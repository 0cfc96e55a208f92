import type { CatalogIndex } from './catalog-index.js';
import type { IndexedLabel } from './label-table.js';
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

/** What rows are made from, for one state of the catalog. */
export interface Shelving {
  /** By label number: rows of the titles on which it is accepted. */
  ofLabel: Uint32Array[];
  /** Every rule that enough titles fit. */
  rules: RowRule[];
}

const KINDS: Record<string, RowKind> = {
  mood: 'MOOD',
  theme: 'THEME',
  'mood+theme': 'MOOD_THEME',
  'genre+mood': 'MOOD_GENRE',
  'genre+theme': 'GENRE_THEME',
};

/** What a row of these labels, in the order of their ids, would be; null where none can be made of them. */
export function rowKindOf(labels: readonly string[]): RowKind | null {
  return KINDS[labels.map((label) => label.split('/')[0]).join('+')] ?? null;
}

/** Every rule of one or two labels of different groups that at least `smallest` titles fit. */
export function findRules({ labels, size }: CatalogIndex, smallest: number): Shelving {
  const ofLabel: number[][] = labels.labels.map(() => []);
  const count = ofLabel.length;
  /** How many titles have both, by `a * count + b` with a < b. */
  const pairs = new Uint32Array(count * count);
  for (let row = 0; row < size; row++) {
    const accepted = labels.acceptedOf(row);
    for (let i = 0; i < accepted.length; i++) {
      ofLabel[accepted[i]!]!.push(row);
      for (let k = i + 1; k < accepted.length; k++) pairs[accepted[i]! * count + accepted[k]!]!++;
    }
  }
  const rules: RowRule[] = [];
  for (let a = 0; a < count; a++) {
    const alone = ruleOf([a], ofLabel[a]!.length, 0, labels.labels);
    if (alone && alone.size >= smallest) rules.push(alone);
    for (let b = a + 1; b < count; b++) {
      const both = pairs[a * count + b]!;
      if (both < smallest) continue;
      const expected = (ofLabel[a]!.length * ofLabel[b]!.length) / size;
      const rule = ruleOf([a, b], both, Math.log(both / expected), labels.labels);
      if (rule) rules.push(rule);
    }
  }
  return { ofLabel: ofLabel.map((rows) => Uint32Array.from(rows)), rules };
}

function ruleOf(
  numbers: number[],
  size: number,
  lift: number,
  known: readonly IndexedLabel[],
): RowRule | null {
  const labels = numbers.map((number) => known[number]!.id).sort();
  const kind = rowKindOf(labels);
  const repeats = SAME_MATTER.some((pair) => pair.every((label) => labels.includes(label)));
  if (!kind || repeats) return null;
  return { id: labels.join('+'), kind, labels, numbers, size, lift };
}
