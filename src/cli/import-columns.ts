import type { ImportedTitle } from '../catalog/title-input.js';
import { Failure } from '../failure.js';

/** Which column of a file holds what. Ids may be made of several columns. */
export interface Columns {
  id: string[];
  name: string;
  year: string | null;
  synopsis: string | null;
  genres: string | null;
}

const FIELDS = ['id', 'name', 'year', 'synopsis', 'genres'] as const;
type Field = (typeof FIELDS)[number];

/** Names that files use, the likeliest first. */
const USUAL: Record<Field, readonly string[]> = {
  id: ['id', 'imdb_id', 'tmdb_id', 'page', 'url'],
  name: ['name', 'title'],
  year: ['releaseYear', 'release_year', 'year'],
  synopsis: ['synopsis', 'overview', 'plot', 'description', 'extract'],
  genres: ['genres', 'genre'],
};

/**
 * `name=title,year=year,id=page+year`
 * @throws Failure BAD_INPUT
 */
export function parseColumns(text: string | undefined): Partial<Columns> {
  const columns: Partial<Columns> = {};
  for (const part of text?.split(',') ?? []) {
    const [field, column] = part.split('=').map((word) => word.trim());
    if (!column || !FIELDS.includes(field as Field)) {
      throw new Failure(
        'BAD_INPUT',
        `"${part}" is no mapping of a column: write for example --map name=title,synopsis=extract,id=page.`,
      );
    }
    if (field === 'id') columns.id = column.split('+');
    else columns[field as Exclude<Field, 'id'>] = column;
  }
  return columns;
}

/**
 * The mapping for a file whose first row this is: what was given, else columns by their usual names.
 * @throws Failure BAD_INPUT when there is no column for names or ids
 */
export function chooseColumns(row: Record<string, unknown>, given: Partial<Columns>): Columns {
  const usual = (field: Field) => USUAL[field].find((column) => column in row) ?? null;
  const name = given.name ?? usual('name');
  const id = given.id ?? [usual('id')].filter((column) => column !== null);
  if (name === null || id.length === 0) {
    throw new Failure(
      'BAD_INPUT',
      'No column looks like names and ids: say which they are, for example --map name=title,id=page.',
    );
  }
  const optional = (field: 'year' | 'synopsis' | 'genres') => given[field] ?? usual(field);
  return { id, name, year: optional('year'), synopsis: optional('synopsis'), genres: optional('genres') };
}

/** Whether the values are usable is checked by the import itself, row by row. */
export function titleOf(row: Record<string, unknown>, columns: Columns, source: string): ImportedTitle {
  const value = (column: string | null) => (column === null ? null : (row[column] ?? null));
  const genres = value(columns.genres);
  return {
    externalId: { source, value: columns.id.map((column) => String(row[column] ?? '')).join('/') },
    name: value(columns.name),
    releaseYear: value(columns.year),
    synopsis: value(columns.synopsis),
    genres: typeof genres === 'string' ? genres.split(/\s*[,|;]\s*/) : genres,
  } as ImportedTitle;
}
