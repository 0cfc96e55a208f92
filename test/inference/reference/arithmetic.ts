import type { Tensors } from '../random-checkpoint.js';

/** Slow, plain float64 arithmetic that the references are written in. A matrix is an array of rows. */
export type Matrix = Float64Array[];

/** Reads the tensors of a checkpoint below a prefix. */
export class Reader {
  constructor(
    private readonly tensors: Tensors,
    private readonly prefix: string,
  ) {}

  vector(name: string): Float64Array {
    const tensor = this.tensors[this.prefix + name];
    if (!tensor) throw new Error(`no tensor ${this.prefix}${name}`);
    return Float64Array.from(tensor.data);
  }

  has(name: string): boolean {
    return `${this.prefix}${name}` in this.tensors;
  }

  /** The first dimension becomes the rows, all others the columns. */
  matrix(name: string): Matrix {
    const all = this.vector(name);
    const rows = this.tensors[this.prefix + name]!.dims[0]!;
    const columns = all.length / rows;
    return Array.from({ length: rows }, (_, r) => all.subarray(r * columns, (r + 1) * columns));
  }

  below(name: string): Reader {
    return new Reader(this.tensors, `${this.prefix}${name}.`);
  }

  /** y = W x + b for each row x; no bias where the checkpoint has none. */
  linear(rows: Matrix, name: string, bias: Float64Array | null = this.#bias(name)): Matrix {
    const weight = this.matrix(`${name}.weight`);
    return rows.map((x) => Float64Array.from(weight, (w, i) => dot(w, x) + (bias?.[i] ?? 0)));
  }

  layerNorm(rows: Matrix, name: string, epsilon: number): Matrix {
    const gain = this.vector(`${name}.weight`);
    const bias = this.vector(`${name}.bias`);
    return rows.map((x) => {
      const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
      const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
      return x.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * gain[i]! + bias[i]!);
    });
  }

  #bias(name: string): Float64Array | null {
    return this.has(`${name}.bias`) ? this.vector(`${name}.bias`) : null;
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function plus(a: Matrix, b: Matrix): Matrix {
  return a.map((row, r) => row.map((v, c) => v + b[r]![c]!));
}

/** 0.5 x (1 + erf(x / √2)). */
export function gelu(rows: Matrix): Matrix {
  return rows.map((row) => row.map((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))));
}

/** Taylor series where it converges fast, continued fraction of erfc beyond. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 2.5) {
    let fraction = 0;
    for (let n = 60; n >= 1; n--) fraction = n / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (size + fraction)));
  }
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/**
 * Attention of several heads: softmax(q·k / √d + bias)·v, head by head.
 * @param score what is added to the score of (head, query, key); −Infinity hides the key
 */
export function attention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  heads: number,
  score: (head: number, query: number, key: number) => number = () => 0,
): Matrix {
  const d = q[0]!.length / heads;
  const out = q.map((query) => new Float64Array(query.length));
  for (let h = 0; h < heads; h++) {
    const own = (rows: Matrix) => rows.map((row) => row.subarray(h * d, (h + 1) * d));
    const [keys, values, answers] = [own(k), own(v), own(out)];
    for (const [i, query] of own(q).entries()) {
      const scores = new Float64Array(keys.length);
      for (let j = 0; j < keys.length; j++) scores[j] = dot(query, keys[j]!) / Math.sqrt(d) + score(h, i, j);
      addShares(answers[i]!, softmax(scores), values);
    }
  }
  return out;
}

function softmax(scores: Float64Array): Float64Array {
  const top = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((s) => Math.exp(s - top));
  const total = powers.reduce((sum, p) => sum + p, 0);
  return powers.map((p) => p / total);
}

function addShares(out: Float64Array, shares: Float64Array, values: Matrix): void {
  for (let j = 0; j < values.length; j++) {
    for (let c = 0; c < out.length; c++) out[c]! += shares[j]! * values[j]![c]!;
  }
}
