import type { Cues } from '../cues.js';
import type { LabelMapping, TaxonomyLabel } from '../taxonomy.js';
import { cueVotes } from './cue-votes.js';
import { genreVotes } from './genre-votes.js';
import { similarityVotes } from './similarity-votes.js';
import type { WordFunction } from './word-votes.js';

/** What is known of each title without its labels: one entry a row everywhere. */
export interface Evidence {
  /** rows × word functions of votes. */
  words: Int8Array;
  /** rows × labels; NaN where a row has no words that the encoder knows, or a label none. */
  similarities: Float32Array;
  genres: readonly (readonly string[] | null)[];
  /** Vectors of the picture and the sound, where a trailer was analysed. */
  pictures: readonly (Float32Array | undefined)[];
  sounds: readonly (Float32Array | undefined)[];
}

/** The votes of all functions of one label. */
export interface Ballot {
  label: string;
  /** Names of the functions: `word revenge`, `similarity`, `genres`, `picture`, `sound`. */
  functions: string[];
  /** rows × functions: +1 it has the label, −1 it has it not, 0 abstains. */
  votes: Int8Array;
}

/** What stands for which label beside its own words; null: nothing is known. */
export interface Rules {
  mapping: LabelMapping | null;
  cues: Cues | null;
}

interface Column {
  name: string;
  votes: Int8Array;
}

/** One ballot a label, in the labels' order. A function that abstains on every row is left out. */
export function castVotes(
  evidence: Evidence,
  labels: readonly TaxonomyLabel[],
  words: readonly WordFunction[],
  { mapping, cues }: Rules,
): Ballot[] {
  const ids = labels.map(({ id }) => id);
  const pictures = cues && cueVotes(evidence.pictures, 'PICTURE', ids, cues);
  const sounds = cues && cueVotes(evidence.sounds, 'SOUND', ids, cues);
  return labels.map(({ id }, label) => {
    const spoken = words.flatMap((word, k): Column[] =>
      word.label === label ? [{ name: word.name, votes: everyNth(evidence.words, words.length, k) }] : [],
    );
    const similarity = similarityVotes(everyNth(evidence.similarities, labels.length, label));
    const genres = mapping && genreVotes(evidence.genres, id, mapping);
    const columns: Column[] = [
      ...spoken,
      { name: 'similarity', votes: similarity },
      ...(genres ? [{ name: 'genres', votes: genres }] : []),
      ...(pictures ? [{ name: 'picture', votes: everyNth(pictures, labels.length, label) }] : []),
      ...(sounds ? [{ name: 'sound', votes: everyNth(sounds, labels.length, label) }] : []),
    ];
    return ballotOf(
      id,
      columns.filter(({ votes }) => votes.some((vote) => vote !== 0)),
    );
  });
}

function ballotOf(label: string, columns: readonly Column[]): Ballot {
  const rows = columns[0]?.votes.length ?? 0;
  const votes = new Int8Array(rows * columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) votes[i * columns.length + j] = column.votes[i]!;
  });
  return { label, functions: columns.map(({ name }) => name), votes };
}

/** Column `place` of a rows × width matrix. */
function everyNth<T extends Int8Array | Float32Array>(matrix: T, width: number, place: number): T {
  return matrix.filter((_, at) => at % width === place) as T;
}
