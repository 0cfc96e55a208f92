import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../failure.js';
import type { Vocabulary } from './text-features.js';

/** The text model's files in a pack's folder. Reading them needs no ONNX Runtime. */
export const TEXT_FILES = {
  graph: 'text.onnx',
  layout: 'text.json',
  vocabulary: 'vocabulary.txt.gz',
} as const;

/**
 * How a text vector is laid out: `dense` numbers of unit length for similarity, then one score a source.
 * A score is linear in the text's unit row of weighted terms.
 */
export const textLayoutShape = z.object({
  dense: z.number().int().positive(),
  /** What each score speaks for: `tag:murder`, `genre:Western`, `words:theme/quest`. */
  sources: z.array(z.string()),
  /** One a source: score + bias is the log-odds that the source's own regression gives. */
  bias: z.array(z.number()),
});
export type TextLayout = z.infer<typeof textLayoutShape>;

/** @throws Failure MODEL_INVALID */
export async function readTextLayout(file: string): Promise<TextLayout> {
  try {
    return textLayoutShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or not readable: fetch the pack's files again.`, {
      cause,
    });
  }
}

/**
 * `vocabulary.txt.gz`: the number of documents, then one term a line with the number of documents that have it,
 * separated by a tab; the line's place is the term's row in the graph's table.
 */
export async function readVocabulary(file: string): Promise<Vocabulary> {
  let text: string;
  try {
    text = gunzipSync(await readFile(file)).toString('utf8');
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or not readable: fetch the pack's files again.`, {
      cause,
    });
  }
  const first = text.indexOf('\n');
  const documents = Number(text.slice(0, first));
  const index = new Map<string, number>();
  const idf: number[] = [];
  // A hundred thousand lines, at every start of a thread: cut in place, without an array for each.
  for (let at = first + 1; at < text.length; ) {
    const tab = text.indexOf('\t', at);
    const end = text.indexOf('\n', tab);
    index.set(text.slice(at, tab), idf.length);
    idf.push(inverseFrequency(Number(text.slice(tab + 1, end)), documents));
    at = end + 1;
  }
  return { index, idf: Float32Array.from(idf) };
}

/** @param terms each with the number of documents that have it, in the order of the table */
export function vocabularyOf(documents: number, terms: readonly (readonly [string, number])[]): Vocabulary {
  return {
    index: new Map(terms.map(([term], i) => [term, i])),
    idf: Float32Array.from(terms, ([, count]) => inverseFrequency(count, documents)),
  };
}

/** @param count of the documents that have the term */
function inverseFrequency(count: number, documents: number): number {
  return Math.log((1 + documents) / (1 + count)) + 1;
}
