import type { Signal } from '../signals/signal.js';
import { type Aspects, type Blend, similarity, unit } from './aspect.js';
import { VectorIndex } from './vector-index.js';

/** A label as the index knows it. */
export interface IndexedLabel {
  id: string;
  name: string;
  /** −ln of how common the label is in the texts that the head learned from: what sharing it is worth. */
  rarity: number;
}

/** A title as it is put into the index. */
export interface IndexEntry {
  id: string;
  vectors: Record<Signal, Float32Array | null>;
  /** Label ids, accepted ones first. */
  labels: readonly string[];
  probabilities: readonly number[];
  accepted: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  releaseYear: number | null;
}

/** What the index keeps of a title besides its vectors. */
export interface IndexedTitle {
  id: string;
  /** Numbers of its labels in `CatalogIndex.labels`, accepted ones first. */
  labels: Uint8Array;
  probabilities: Float32Array;
  /** What each label makes of the tag vector, which has length 1. */
  weights: Float32Array;
  accepted: number;
  createdAt: number;
  releaseYear: number | null;
}

/** The whole catalog in memory, for everything that compares titles. */
export class CatalogIndex {
  readonly vectors: VectorIndex;
  readonly #titles = new Map<string, IndexedTitle>();
  readonly #numberOf: Map<string, number>;
  /** Rises with every change. */
  changes = 0;

  constructor(
    readonly labels: readonly IndexedLabel[],
    dimensions: Record<Signal, number>,
  ) {
    this.vectors = new VectorIndex({ ...dimensions, TAGS: labels.length });
    this.#numberOf = new Map(labels.map(({ id }, number) => [id, number]));
  }

  get size(): number {
    return this.#titles.size;
  }

  put({ id, vectors, labels, probabilities, accepted, createdAt, releaseYear }: IndexEntry): void {
    const known = labels.flatMap((label, i) => {
      const number = this.#numberOf.get(label);
      return number === undefined ? [] : [{ number, probability: probabilities[i]!, accepted: i < accepted }];
    });
    const tags = this.#tagVector(known);
    const title: IndexedTitle = {
      id,
      labels: Uint8Array.from(known, ({ number }) => number),
      probabilities: Float32Array.from(known, ({ probability }) => probability),
      weights: Float32Array.from(known, ({ number }) => tags?.[number] ?? 0),
      accepted: known.filter((label) => label.accepted).length,
      createdAt,
      releaseYear,
    };
    this.#titles.set(id, title);
    this.vectors.put(id, {
      TEXT: this.#fitting(vectors.TEXT, 'TEXT'),
      PICTURE: this.#fitting(vectors.PICTURE, 'PICTURE'),
      SOUND: this.#fitting(vectors.SOUND, 'SOUND'),
      TAGS: tags,
    });
    this.changes++;
  }

  remove(id: string): void {
    if (!this.#titles.delete(id)) return;
    this.vectors.remove(id);
    this.changes++;
  }

  title(id: string): IndexedTitle | undefined {
    return this.#titles.get(id);
  }

  titles(): Iterable<IndexedTitle> {
    return this.#titles.values();
  }

  ids(): string[] {
    return [...this.#titles.keys()];
  }

  labelNumber(id: string): number | undefined {
    return this.#numberOf.get(id);
  }

  /** Vectors that stay as they are when the index changes. */
  aspectsOf(id: string): Aspects | null {
    const aspects = this.vectors.aspectsOf(id);
    if (!aspects) return null;
    const copy = (vector: Float32Array | null) => vector?.slice() ?? null;
    return {
      TEXT: copy(aspects.TEXT),
      PICTURE: copy(aspects.PICTURE),
      SOUND: copy(aspects.SOUND),
      TAGS: copy(aspects.TAGS),
    };
  }

  /** How alike two titles are; 0 where they share nothing to go by. */
  likeness(a: string, b: string, blend: Blend): number {
    const [x, y] = [this.vectors.aspectsOf(a), this.vectors.aspectsOf(b)];
    return (x && y && similarity(x, y, blend)) ?? 0;
  }

  #fitting(vector: Float32Array | null, signal: Signal): Float32Array | null {
    return vector?.length === this.vectors.dimensions[signal] ? unit(vector) : null;
  }

  /** One number a label: how likely it is, times what it tells. */
  #tagVector(labels: readonly { number: number; probability: number }[]): Float32Array | null {
    const vector = new Float32Array(this.labels.length);
    for (const { number, probability } of labels) vector[number] = probability * this.labels[number]!.rarity;
    return unit(vector);
  }
}
