import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { hash32 } from './random.js';

/** One text with what is known of it. A group that is absent is unknown, not negative. */
export interface LabelledText {
  id: string;
  text: string;
  /** `tag`: MPST's tags; `genre`: film genres. */
  labels: { tag?: string[]; genre?: string[] };
  /** Where the words come from. */
  source: 'wikipedia' | 'imdb' | 'extract';
  /** Title and year in one plain form, to find the same film in two files; null where the year is unknown. */
  film: string | null;
  title: string;
}

const labels = z.object({ tag: z.array(z.string()).optional(), genre: z.array(z.string()).optional() });
const synopsisRow = z.object({
  id: z.string(),
  title: z.string(),
  year: z.number().nullish(),
  source: z.enum(['wikipedia', 'imdb']),
  synopsis: z.string(),
  labels,
});
const filmRow = z.object({
  title: z.string(),
  year: z.number(),
  page: z.string(),
  genres: z.array(z.string()),
  extract: z.string(),
});

/** @throws Failure BAD_INPUT naming the line that is not as documented */
export async function readSynopses(file: string): Promise<LabelledText[]> {
  return readRows(file, synopsisRow, (row) => ({
    id: row.id,
    text: row.synopsis,
    labels: row.labels,
    source: row.source,
    film: row.year ? `${plainTitle(row.title)} ${row.year}` : null,
    title: plainTitle(row.title),
  }));
}

/** @throws Failure BAD_INPUT naming the line that is not as documented */
export async function readFilms(file: string): Promise<LabelledText[]> {
  return readRows(file, filmRow, (row) => ({
    id: row.page,
    text: maskGenreWords(row.extract),
    labels: { genre: row.genres },
    source: 'extract',
    film: `${plainTitle(row.title)} ${row.year}`,
    title: plainTitle(row.title),
  }));
}

const anyRow = z.object({
  id: z.string(),
  title: z.string().default(''),
  synopsis: z.string().optional(),
  transcript: z.string().optional(),
  labels,
});

/**
 * Rows to evaluate on: a transcript, or else a synopsis, with `labels.tag` or `labels.genre`.
 * @throws Failure BAD_INPUT naming the line that is not as documented
 */
export async function readLabelledRows(file: string): Promise<LabelledText[]> {
  return readRows(file, anyRow, (row) => ({
    id: row.id,
    text: row.transcript ?? row.synopsis ?? '',
    labels: row.labels,
    source: 'imdb',
    film: null,
    title: plainTitle(row.title),
  }));
}

/** True for the tenth of ids that is kept for validation and never learned from. */
export function isValidation(id: string): boolean {
  return hash32(`marquee-validation:${id}`) % 10 === 0;
}

function plainTitle(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

/**
 * What an extract says of its own genre ("is a 2013 British action comedy film directed by"), which a trailer's
 * words never do. Learned from, it would teach the name of the genre instead of its matter.
 */
const GENRE_WORDS = new RegExp(
  `\\b(${[
    'action(-| )?(adventure|packed)?|adventures?|animat(ed|ion)|cartoons?|biograph(y|ical)|biopic|comed(y|ies|ic)',
    'romcom|crime|dance|disaster|documentar(y|ies)|docudrama|dram(a|as|atic|edy)|melodramas?|erotic(a)?',
    'famil(y|ies)(?=[ -](film|comedy|drama|adventure|movie))|fantas(y|ies)|found[ -]footage',
    'histor(y|ical)(?=[ -](film|drama|epic|adventure|romance|war))|horror|independent|indie|legal|live[ -]action',
    'martial[ -]arts?|musicals?|myster(y|ies)(?=[ -](film|thriller|drama|comedy|horror))|(neo[ -]?)?noir',
    'performance|political|roman(ce|tic)|satir(e|ical)|sci(ence)?[ -]?fi(ction)?|silent|slashers?|sports?',
    'sp(y|ies)(?=[ -](film|thriller|comedy|drama))|super[ -]?hero(es)?|supernatural|suspense|teen(age)?|thrillers?',
    'war(?=[ -](film|drama|comedy|movie|epic))|westerns?|short|feature(-length)?|films?|movies?|starring|stars?',
    'pre-code|B-movie|serial|epic',
  ].join('|')})\\b`,
  'gi',
);

/** `extract` without the words that name film genres and forms. */
export function maskGenreWords(extract: string): string {
  return extract.replace(GENRE_WORDS, ' ');
}

async function readRows<Row, T>(file: string, shape: z.ZodType<Row>, make: (row: Row) => T): Promise<T[]> {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  bytes.on('error', (error) => text.destroy(error));
  const made: T[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
      number++;
      if (line.trim() !== '') made.push(make(shape.parse(JSON.parse(line))));
    }
  } catch (cause) {
    throw new Failure(
      'BAD_INPUT',
      `${file} cannot be read at line ${number + 1}: correct or remove that line.`,
      {
        cause,
      },
    );
  }
  return made;
}
