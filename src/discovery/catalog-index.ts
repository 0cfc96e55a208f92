import type { Signal } from '../signals/signal.js';
import { type Aspects, type DenseAspect, unit } from './aspect.js';
import { type IndexedLabel, LabelTable } from './label-table.js';
import { unpackedWords } from './telling-words.js';
import { TitleNumbers } from './title-numbers.js';
import { VectorIndex } from './vector-index.js';
import { WordColumn } from './word-column.js';

/** A title as it is put into the index. */
export interface IndexEntry {
  id: string;
  vectors: Record<Signal, Float32Array | null>;
  /** As `tellingWords` packs them. */
  words: Uint32Array | null;
  /** Label ids, accepted ones first. */
  labels: readonly string[];
  probabilities: readonly number[];
  accepted: number;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** What a process keeps of the whole catalog: labels and words always, vectors unless the database searches them. */
export class CatalogIndex {
  readonly numbers = new TitleNumbers();
  readonly labels: LabelTable;
  readonly words = new WordColumn();
  /** Null where pgvector has the vectors. */
  readonly vectors: VectorIndex | null;
  #createdAt = new Float64Array(0);
  /** Rises with every change. */
  changes = 0;

  /** @param dimensions of the signals' vectors @param keepsVectors false where the database searches them */
  constructor(
    labels: readonly IndexedLabel[],
    readonly dimensions: Record<Signal, number>,
    keepsVectors: boolean,
  ) {
    this.labels = new LabelTable(labels);
    this.vectors = keepsVectors
      ? new VectorIndex({ ...dimensions, TAGS: labels.length }, this.numbers, this.words)
      : null;
  }

  get size(): number {
    return this.numbers.count;
  }

  /** Bytes of numbers that a title takes; its id apart. */
  get rowBytes(): number {
    const words = this.words.rowBytes(this.size);
    return this.labels.rowBytes + words + (this.vectors?.rowBytes ?? 0) + Float64Array.BYTES_PER_ELEMENT;
  }

  /** Makes room for `rows` titles in all, so that loading does not grow step by step. */
  reserve(rows: number): void {
    if (rows <= this.#createdAt.length) return;
    const capacity = Math.max(rows, Math.ceil(this.#createdAt.length * 1.5), 1_024);
    this.labels.reserve(capacity);
    this.words.reserve(capacity);
    this.vectors?.reserve(capacity);
    const createdAt = new Float64Array(capacity);
    createdAt.set(this.#createdAt);
    this.#createdAt = createdAt;
  }

  put({ id, vectors, words, labels, probabilities, accepted, createdAt }: IndexEntry): void {
    const row = this.numbers.add(id);
    this.reserve(row + 1);
    this.labels.set(row, labels, probabilities, accepted);
    this.#createdAt[row] = createdAt;
    this.vectors?.set(row, this.#denseAt(row, vectors));
    this.words.set(row, words);
    this.changes++;
  }

  remove(id: string): void {
    const move = this.numbers.remove(id);
    if (!move) return;
    const { from, to } = move;
    this.labels.move(from, to);
    this.words.move(from, to);
    this.vectors?.move(from, to);
    this.#createdAt[to] = this.#createdAt[from]!;
    this.changes++;
  }

  createdAt(id: string): number {
    return this.#createdAt[this.numbers.of(id) ?? -1] ?? 0;
  }

  /** A title's vectors as they are compared: of length 1, of this pack's dimensions, with the tags of its labels. */
  aspectsAt(row: number, vectors: Record<Signal, Float32Array | null>, words: Uint32Array | null): Aspects {
    return { ...this.#denseAt(row, vectors), WORDS: words && unpackedWords(words) };
  }

  #denseAt(
    row: number,
    vectors: Record<Signal, Float32Array | null>,
  ): Record<DenseAspect, Float32Array | null> {
    const fitting = (signal: Signal) =>
      vectors[signal]?.length === this.dimensions[signal] ? unit(vectors[signal]) : null;
    return {
      TEXT: fitting('TEXT'),
      PICTURE: fitting('PICTURE'),
      SOUND: fitting('SOUND'),
      TAGS: this.labels.vector(row),
    };
  }
}
