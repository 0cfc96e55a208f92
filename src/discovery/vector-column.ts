import { type KernelMemory, PAGE_BYTES } from '../webassembly.js';
import { createKernel, type Dots, LANES } from './dot-kernel.js';

/** Rows that one call of the kernel takes: their results fit the CPU's first cache. */
const BLOCK = 2_048;
/** The largest int8. */
const STEPS = 127;

/**
 * One aspect of all titles: unit vectors as int8 for scanning, with the same in float32 for exact scores.
 * Row numbers are the index's; a row without a vector is marked missing.
 */
export class VectorColumn {
  readonly #memory: KernelMemory;
  readonly #dots: Dots;
  /** `dimensions`, filled up to whole steps of the kernel. */
  readonly #width: number;
  readonly #outAt: number;
  readonly #rowsAt: number;
  #exact = new Float32Array(0);
  /** What one int8 step is worth; 0 where the row is missing. */
  #step = new Float32Array(0);
  /** No row lies further from its int8 form than this. */
  #worstError = 0;

  constructor(readonly dimensions: number) {
    this.#width = Math.ceil(dimensions / LANES) * LANES;
    this.#outAt = 2 * this.#width;
    this.#rowsAt = this.#outAt + 4 * BLOCK;
    const { memory, dots } = createKernel(Math.ceil(this.#rowsAt / PAGE_BYTES));
    this.#memory = memory;
    this.#dots = dots;
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    const needed = this.#rowsAt + rows * this.#width;
    const pages = Math.ceil((needed - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (pages > 0) this.#memory.grow(pages);
    this.#exact = grown(this.#exact, rows * this.dimensions);
    this.#step = grown(this.#step, rows);
  }

  /** @param vector of length 1, or null to mark the row missing */
  set(row: number, vector: Float32Array | null): void {
    if (!vector) {
      this.#step[row] = 0;
      return;
    }
    this.#exact.set(vector, row * this.dimensions);
    const target = new Int8Array(this.#memory.buffer, this.#rowsAt + row * this.#width, this.#width);
    const { step, error } = quantise(vector, target, STEPS);
    this.#step[row] = step;
    this.#worstError = Math.max(this.#worstError, error);
  }

  /** The row's unit vector (a view, until the next `reserve`), or null where it is missing. */
  at(row: number): Float32Array | null {
    if (!this.#step[row]) return null;
    return this.#exact.subarray(row * this.dimensions, (row + 1) * this.dimensions);
  }

  move(from: number, to: number): void {
    this.set(to, this.at(from)?.slice() ?? null);
  }

  /**
   * Adds weight · cosine to `sums` and weight to `masses` for every row that has a vector.
   * @returns how far a cosine that was added can be from the true one
   */
  scan(query: Float32Array, weight: number, rows: number, sums: Float32Array, masses: Float32Array): number {
    const quantised = new Int16Array(this.#memory.buffer, 0, this.#width);
    // A quarter of int16, because the kernel sums in int32: width · 127 · 8,191 stays below 2^31 up to 2,064 numbers.
    const { step, error } = quantise(query, quantised, 8_191);
    const results = new Int32Array(this.#memory.buffer, this.#outAt, BLOCK);
    const steps = this.#step;
    for (let from = 0; from < rows; from += BLOCK) {
      const count = Math.min(BLOCK, rows - from);
      this.#dots(this.#rowsAt + from * this.#width, 0, this.#outAt, count, this.#width);
      for (let i = 0; i < count; i++) {
        const worth = steps[from + i]!;
        if (worth === 0) continue;
        sums[from + i]! += weight * step * worth * results[i]!;
        masses[from + i]! += weight;
      }
    }
    return this.#worstError + error * (1 + this.#worstError);
  }

  /** Bytes a row takes. */
  get rowBytes(): number {
    return this.#width + 4 * this.dimensions + 4;
  }
}

/** Writes `vector` in whole steps; the error is the distance that this moves it. */
function quantise(
  vector: Float32Array,
  target: Int8Array | Int16Array,
  steps: number,
): { step: number; error: number } {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  const step = Math.fround(largest / steps) || 1;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const whole = Math.max(-steps, Math.min(steps, Math.round(vector[i]! / step)));
    target[i] = whole;
    squares += (vector[i]! - whole * step) ** 2;
  }
  return { step, error: Math.sqrt(squares) };
}

function grown(array: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const larger = new Float32Array(length);
  larger.set(array);
  return larger;
}
