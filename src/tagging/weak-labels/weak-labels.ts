import { availableParallelism } from 'node:os';
import { Failure } from '../../failure.js';
import { builtModule, ThreadPool } from '../../inference/threads.js';
import { labelsOf, type Taxonomy } from '../taxonomy.js';
import type { TrainingRow } from '../training-row.js';
import { type Ballot, castVotes, type Evidence, type Rules } from './ballots.js';
import type { LabelModel } from './label-model.js';
import type { weakTasks } from './thread.js';
import { wordFunctionsOf } from './word-votes.js';

/** A row, and all of its words: those of the transcript and those of the synopsis. */
export interface WordedRow extends TrainingRow {
  text: string;
}

/** One label: how the functions voted, what was learned of them, and its probability for each row. */
export interface WeakLabel {
  ballot: Ballot;
  model: LabelModel;
  probabilities: Float64Array;
}

export interface WeakLabelOptions extends Rules {
  taxonomy: Taxonomy;
  /** The folder of the pack whose text encoder compares. */
  packFolder: string;
  progress: (done: number, of: number) => void;
}

const NOTHING_TO_READ =
  'No row has words, genres or vectors that speak for a label: add transcripts or synopses in English.';
/** Rows that a thread reads at a time: a second's work on long synopses. */
const ROWS_A_TASK = 256;

/**
 * Weak labels of rows whose labels nobody looks at: every labelling function votes, and each label's model learns from
 * their agreement. A label that no function votes on is left out. All work is done in threads.
 * @throws Failure BAD_INPUT when there are no rows or nothing in them to vote on, MODEL_INVALID
 */
export async function weakLabels(
  rows: readonly WordedRow[],
  options: WeakLabelOptions,
): Promise<WeakLabel[]> {
  if (rows.length === 0)
    throw new Failure('BAD_INPUT', 'There are no rows: give a file with one row a line.');
  const threads = new ThreadPool<typeof weakTasks>(
    builtModule('./thread.js', import.meta.url),
    availableParallelism(),
  );
  try {
    const labels = labelsOf(options.taxonomy);
    const total = Math.ceil(rows.length / ROWS_A_TASK) + labels.length;
    let done = 0;
    const step = () => options.progress(++done, total);
    const words = wordFunctionsOf(labels);
    const evidence = await readEvidence(rows, { ...options, labels, words }, threads, step);
    const ballots = castVotes(evidence, labels, words, options).filter(
      ({ functions }) => functions.length > 0,
    );
    if (ballots.length === 0) throw new Failure('BAD_INPUT', NOTHING_TO_READ);
    return await Promise.all(
      ballots.map(async (ballot) => {
        const learned = await threads.run('learn', ballot);
        step();
        return { ballot, ...learned };
      }),
    );
  } finally {
    await threads.close();
  }
}

async function readEvidence(
  rows: readonly WordedRow[],
  { labels, words, packFolder }: Reading,
  threads: ThreadPool<typeof weakTasks>,
  step: () => void,
): Promise<Evidence> {
  const votes = new Int8Array(rows.length * words.length);
  const similarities = new Float32Array(rows.length * labels.length);
  const starts = Array.from({ length: Math.ceil(rows.length / ROWS_A_TASK) }, (_, k) => k * ROWS_A_TASK);
  await Promise.all(
    starts.map(async (from) => {
      const texts = rows.slice(from, from + ROWS_A_TASK).map(({ text }) => text);
      const read = await threads.run('read', { texts, words, labels, folder: packFolder });
      votes.set(read.votes, from * words.length);
      similarities.set(read.similarities, from * labels.length);
      step();
    }),
  );
  return {
    words: votes,
    similarities,
    genres: rows.map(({ labels: known }) => known.genre ?? null),
    pictures: rows.map(({ vectors }) => vectors.PICTURE),
    sounds: rows.map(({ vectors }) => vectors.SOUND),
  };
}

type Reading = Pick<WeakLabelOptions, 'packFolder'> & {
  labels: ReturnType<typeof labelsOf>;
  words: ReturnType<typeof wordFunctionsOf>;
};
