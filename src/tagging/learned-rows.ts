import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.js';
import { fingerprintRow } from './training-row.js';
import type { TrainingSet } from './training-set.js';

/** In the pack's folder: which rows it learned from, so that nobody measures it on them unawares. */
export const LEARNED_ROWS_FILE = 'learned-rows.bin';

/**
 * Bytes kept of each row's fingerprint. Of 40 bits and n rows, a row that was never seen is taken for one of them with
 * probability n / 2⁴⁰: 4 in 100 million for 40,000 rows, which take 200 KB.
 */
const KEPT = 5;

/** `fingerprintRow` of every text that the pack learns from, as rows of the same files have it. */
export function learnedRowsOf({ synopses, films }: TrainingSet): string[] {
  return [...synopses, ...films].map(({ id, text }) => fingerprintRow({ id, lines: [text], media: null }));
}

/** The beginnings of the fingerprints, sorted and each once, one after the other. */
export async function writeLearnedRows(folder: string, fingerprints: readonly string[]): Promise<void> {
  const kept = new Set(fingerprints.map(beginning));
  await writeFile(path.join(folder, LEARNED_ROWS_FILE), Buffer.from([...kept].sort().join(''), 'hex'));
}

/**
 * Whether the pack learned from the row of a fingerprint.
 * @throws Failure MODEL_INVALID when the pack does not say what it learned from
 */
export async function readLearnedRows(folder: string): Promise<(fingerprint: string) => boolean> {
  const bytes = await readFile(path.join(folder, LEARNED_ROWS_FILE)).catch((cause) => {
    throw new Failure(
      'MODEL_INVALID',
      `${folder} has no ${LEARNED_ROWS_FILE}: restore it, or train the pack again.`,
      { cause },
    );
  });
  const kept = new Set(bytes.toString('hex').match(new RegExp(`.{${2 * KEPT}}`, 'g')));
  return (fingerprint) => kept.has(beginning(fingerprint));
}

const beginning = (fingerprint: string) => fingerprint.slice(0, 2 * KEPT);
