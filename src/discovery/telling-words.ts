import type { Vocabulary } from '../signals/text-features.js';
import { contentWords } from '../signals/text-words.js';
import type { SparseVector } from './sparse-vector.js';

/** Words that are kept of a title, the weightiest first: half of all first paragraphs of films have fewer than 24. */
export const MOST_TERMS = 32;
/** A weight is kept in so many steps of the title's largest: the low byte of a number whose others are the place. */
export const STEPS = 255;

/** Stems of words about the making of films, and of kinds of film, which labels tell better. */
const MAKING = new Set(
  contentWords(
    'screenplay script scriptwriter fiction trilogy installment sequel prequel remake franchise adaptation adapted ' +
      'novel novella novelist story stories based director directed directorial debut producer producers production ' +
      'studio distributed distributor released release theatrical premiere box office gross budget critics critical ' +
      'reviews praise acclaim award awards nominated nomination cast role roles performance performances actor ' +
      'actress cinematography cinematographer score soundtrack composer reprising feature documentary anthology ' +
      'television series episode dvd video theaters theatres screen written wrote author uncredited plot titled ' +
      'film films movie picture star stars starring american british ii iii drama comedy romantic romance horror ' +
      'thriller psychological musical science animated',
  ),
);

/**
 * The weightiest words of a text that the vocabulary knows, each (1 + ln tf) · idf (Salton & Buckley 1988), packed:
 * place · 256 + steps of the largest weight, places rising. Names count as words do. Null where no word is known.
 */
export function tellingWords(text: string, { index, idf }: Vocabulary): Uint32Array | null {
  const counts = new Map<number, number>();
  for (const stem of contentWords(text)) {
    const term = MAKING.has(stem) ? undefined : index.get(stem);
    if (term !== undefined) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  const weighed = [...counts]
    .map(([term, n]) => ({ term, weight: (1 + Math.log(n)) * idf[term]! }))
    .sort((a, b) => b.weight - a.weight || a.term - b.term)
    .slice(0, MOST_TERMS);
  const largest = weighed[0]?.weight;
  if (largest === undefined) return null;
  return Uint32Array.from(
    weighed,
    ({ term, weight }) => term * (STEPS + 1) + Math.max(1, Math.round((STEPS * weight) / largest)),
  ).sort();
}

/** Packed words as a vector of length 1; null for none. */
export function unpackedWords(packed: Uint32Array): SparseVector | null {
  if (packed.length === 0) return null;
  const steps = Float32Array.from(packed, (value) => value & STEPS);
  const length = Math.hypot(...steps);
  return { terms: packed.map((value) => value >>> 8), weights: steps.map((step) => step / length) };
}

/** Packed words as the database keeps them: little-endian, four bytes each. */
export function packedFromBytes(bytes: Uint8Array): Uint32Array {
  const copy = new Uint8Array(bytes);
  return new Uint32Array(copy.buffer, 0, copy.byteLength / Uint32Array.BYTES_PER_ELEMENT);
}

/** Stems as the text writes them, in the order of the stems; those that it does not have are left out. */
export function spelled(stems: readonly string[], text: string): string[] {
  const wanted = new Set(stems);
  const found = new Map<string, string>();
  for (const [word] of text.matchAll(/[\p{L}'’]+/gu)) {
    if (found.size === wanted.size) break;
    const [stem] = contentWords(word);
    if (stem && wanted.has(stem) && !found.has(stem)) found.set(stem, word);
  }
  return stems.flatMap((stem) => found.get(stem) ?? []);
}
