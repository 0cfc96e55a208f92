import type { LabelMapping } from '../taxonomy.js';

/**
 * What the genres that came with a title say of a mood or a theme: yes where one of them stands for it, no where none
 * does. Of a genre they say nothing: a title's own genres are its labels, and need no guess.
 * @param genres null: none came with the title
 * @returns null where no genre of the mapping stands for the label
 */
export function genreVotes(
  genres: readonly (readonly string[] | null)[],
  label: string,
  mapping: LabelMapping,
): Int8Array | null {
  if (label.startsWith('genre/')) return null;
  const standing = new Set(
    Object.entries(mapping.genre).flatMap(([name, ids]) => (ids.includes(label) ? [name.toLowerCase()] : [])),
  );
  if (standing.size === 0) return null;
  return Int8Array.from(genres, (names) => {
    if (names === null) return 0;
    return names.some((name) => standing.has(name.toLowerCase())) ? 1 : -1;
  });
}
