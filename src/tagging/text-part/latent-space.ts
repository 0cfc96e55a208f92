import { pickRows, project, type SparseRows } from '../sparse.js';
import { evened, leadingSubspace } from '../subspace.js';

/**
 * Directions along which texts differ most: latent semantics (Deerwester et al. 1990) of single stems. Texts of the same
 * matter lie close there, also where they share no word.
 */
export interface LatentSpace {
  dimensions: number;
  /** The terms that it reads, by their places in the vocabulary: rising. */
  terms: Int32Array;
  /** terms × dimensions. */
  vectors: Float32Array;
}

export interface LatentTexts {
  space: LatentSpace;
  /** rows × dimensions, each row at unit length; zeros for one without known stems. */
  rows: Float32Array;
}

const SETTINGS = { oversampling: 8, rounds: 3 };

/**
 * Learns the space of the first `texts` rows, and where all rows lie in it. Each direction is brought to the root of its
 * spread, for the first would otherwise drown the others. It asks for no labels, so every fold may share it.
 * @param vocabulary the terms of the rows' columns
 */
export function learnLatentSpace({
  rows,
  texts,
  vocabulary,
  ...settings
}: {
  rows: SparseRows;
  texts: number;
  vocabulary: readonly string[];
  /** At most; there are no more than texts or terms. */
  dimensions: number;
  seed: number;
}): LatentTexts {
  const terms = Int32Array.from([...vocabulary.keys()].filter((term) => !vocabulary[term]!.includes(' ')));
  const dimensions = Math.min(settings.dimensions, terms.length, texts);
  const singles = columnsOf(rows, terms);
  const taught = pickRows(singles, [...Array(texts).keys()]);
  const vectors = evened(leadingSubspace(taught, { ...SETTINGS, dimensions, seed: settings.seed }));
  const space = { dimensions, terms, vectors };
  const out = project(singles, vectors, dimensions);
  for (let i = 0; i < rows.rows; i++) toUnitLength(out.subarray(i * dimensions, (i + 1) * dimensions));
  return { space, rows: out };
}

/** Where each column of a vocabulary stands among the space's terms, −1 where it is none. */
export function placesOf(terms: Int32Array, columns: number): Int32Array {
  const places = new Int32Array(columns).fill(-1);
  terms.forEach((term, place) => {
    places[term] = place;
  });
  return places;
}

/** @returns the factor that brought it there; 0 for a vector of zeros */
export function toUnitLength(vector: Float32Array): number {
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += vector[k]! ** 2;
  const length = Math.sqrt(squares);
  const factor = length > 0 ? 1 / length : 0;
  for (let k = 0; k < vector.length; k++) vector[k] = vector[k]! * factor;
  return factor;
}

/** The rows with the chosen columns only, at unit length. */
function columnsOf(rows: SparseRows, chosen: Int32Array): SparseRows {
  const places = placesOf(chosen, rows.columns);
  const starts = new Int32Array(rows.rows + 1);
  const terms: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < rows.rows; i++) {
    const begin = terms.length;
    let squares = 0;
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) {
      const place = places[rows.terms[e]!]!;
      if (place < 0) continue;
      terms.push(place);
      weights.push(rows.weights[e]!);
      squares += rows.weights[e]! ** 2;
    }
    const length = Math.sqrt(squares) || 1;
    for (let e = begin; e < weights.length; e++) weights[e] = weights[e]! / length;
    starts[i + 1] = terms.length;
  }
  return {
    ...{ rows: rows.rows, columns: chosen.length, starts },
    terms: Int32Array.from(terms),
    weights: Float32Array.from(weights),
  };
}
