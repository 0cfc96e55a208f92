import path from 'node:path';
import { readFilms } from '../../src/tagging/corpus.js';
import { readTrainingSet } from '../../src/tagging/training-set.js';

/** A film of the file with its genre words masked, so that no method reads the answer. */
export interface PlainFilm {
  id: string;
  text: string;
  genres: string[];
  /** The pack learned from this very text. */
  learned: boolean;
}

/** Genres that say what a film is, not how it was made. */
const FORMS = new Set(['Silent', 'Short', 'Live Action', 'Independent', 'Performance']);

export async function readPlainFilms(file: string): Promise<PlainFilm[]> {
  const rows = await readFilms(file);
  const learned = new Set((await readTrainingSet(path.dirname(file))).films.map(({ id }) => id));
  return rows.map(({ id, text, labels }, i) => ({
    id: `film_${String(i).padStart(6, '0')}`,
    text,
    genres: (labels.genre ?? []).filter((genre) => !FORMS.has(genre)),
    learned: learned.has(id),
  }));
}
