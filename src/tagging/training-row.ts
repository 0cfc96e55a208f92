import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { Signal } from '../signals/signal.js';
import { maskGenreWords } from './corpus.js';
import { readJsonLines } from './json-lines.js';

/** What is known of a trailer beside its vectors; null where a signal is missing. */
export interface RowMeasures {
  seconds: number;
  /** Mean luma, 0 … 1. */
  light: number | null;
  /** Share of the sound that sounds like music, 0 … 1. */
  musicShare: number | null;
}

/** What kind of text a row's words are: what is said, what a catalog tells, or the first paragraph of an encyclopedia. */
export const REGISTERS = ['SPEECH', 'SYNOPSIS', 'EXTRACT'] as const;
export type Register = (typeof REGISTERS)[number];

/** One labelled title, as files of rows and the catalog's own labels give it. */
export interface TrainingRow {
  id: string;
  title: string | null;
  /**
   * The words that a classifier sees: the lines of the transcript where there is one, as in an analysis, else those
   * of the synopsis. Empty: no words.
   */
  lines: string[];
  register: Register;
  /** A trailer's file, whose signals are still to be embedded; read from a file of rows, it lies beside that. */
  media: string | null;
  /** Names of labels by group. A group that is absent is unknown, not negative. */
  labels: Record<string, string[]>;
  /** Probabilities of labels by group, for groups that `labels` does not have. */
  soft: Record<string, Record<string, number>>;
  /** What the encoders made of the trailer; a signal that is absent was not there to be read. */
  vectors: Partial<Record<Signal, Float32Array>>;
  /** Of media that was embedded. */
  measures?: RowMeasures;
}

const names = z.array(z.string().min(1));
const shares = z.record(z.string().min(1), z.number().min(0).max(1));
const groupName = z.string().regex(/^\p{L}[\p{L}\p{N}_-]*$/u, 'a group is named by letters, digits, - and _');
/** The largest number that a float32 holds, (2 − 2⁻²³) · 2¹²⁷. */
const FLOAT32_MOST = (2 - 2 ** -23) * 2 ** 127;
const vector = z
  .array(z.number().min(-FLOAT32_MOST).max(FLOAT32_MOST))
  .min(1)
  .transform((values) => Float32Array.from(values));

const documentedRow = z.object({
  id: z.union([z.string().min(1), z.number()], 'it is a text or a number').transform(String),
  title: z.string().nullish(),
  synopsis: z.string().nullish(),
  transcript: z.union([z.string(), z.array(z.string())]).nullish(),
  media: z.string().min(1).nullish(),
  labels: z.record(groupName, names).default({}),
  soft: z.record(groupName, shares).default({}),
  vectors: z.object({ TEXT: vector, PICTURE: vector, SOUND: vector }).partial().default({}),
});

/** The columns of encyclopedia extracts with their genres. */
const filmRow = z.object({ title: z.string(), page: z.string(), genres: names, extract: z.string() });

/**
 * Streams the rows of the files, in order. Beside the documented columns (docs/learning.md) it takes `title, page,
 * genres, extract`: there the genres are labels, and the extract is a synopsis whose words for genres are masked, for
 * it names them itself.
 * @throws Failure BAD_INPUT naming file and line, SOURCE_NOT_FOUND, TOO_LARGE
 */
export async function* readTrainingRows(
  files: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<TrainingRow> {
  for (const file of files) {
    for await (const { number, value } of readJsonLines(file, signal)) {
      const row = parseRow(value, `${file}, line ${number}`);
      yield row.media === null ? row : { ...row, media: path.resolve(path.dirname(file), row.media) };
    }
  }
}

/** @param place where the row stands, for the message @throws Failure BAD_INPUT */
export function parseRow(value: unknown, place: string): TrainingRow {
  const film = filmRow.safeParse(value);
  if (film.success) return rowOfFilm(film.data);
  const row = documentedRow.safeParse(value);
  if (row.success) return rowOf(row.data);
  const [issue] = row.error.issues;
  const where = issue?.path.join('.') || 'the row';
  // What is wrong with a name stands below it.
  const what = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
  throw new Failure('BAD_INPUT', `${place}: ${where} is wrong (${what}); correct or remove it.`);
}

function rowOf(row: z.output<typeof documentedRow>): TrainingRow {
  const spoken = Array.isArray(row.transcript) ? row.transcript : row.transcript?.split(/\r?\n/);
  const lines = [spoken, row.synopsis?.split(/\r?\n/)].map((all) => filled(all ?? []));
  return {
    id: row.id,
    title: row.title ?? null,
    lines: lines.find((all) => all.length > 0) ?? [],
    register: lines[0]!.length > 0 ? 'SPEECH' : 'SYNOPSIS',
    media: row.media ?? null,
    labels: row.labels,
    soft: Object.fromEntries(Object.entries(row.soft).filter(([group]) => !(group in row.labels))),
    vectors: row.vectors as TrainingRow['vectors'],
  };
}

function rowOfFilm({ title, page, genres, extract }: z.output<typeof filmRow>): TrainingRow {
  return {
    ...{ id: page, title, media: null, soft: {}, vectors: {} },
    lines: filled(maskGenreWords(extract).split(/\r?\n/)),
    register: 'EXTRACT',
    labels: { genre: genres },
  };
}

const filled = (lines: readonly string[]) => lines.filter((line) => line.trim() !== '');

/**
 * 64 bits of sha256 over what a classifier learns from or answers to: by it rows are known again, whatever their ids.
 */
export function fingerprintRow(row: Pick<TrainingRow, 'id' | 'lines' | 'media'>): string {
  const words = row.lines.join(' ').toLowerCase().replace(/\s+/g, ' ').trim();
  const hash = createHash('sha256').update(words).update('\n');
  if (words === '') hash.update(row.media ?? row.id);
  return hash.digest('hex').slice(0, 16);
}
