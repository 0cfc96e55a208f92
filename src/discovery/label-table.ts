import { unit } from './aspect.js';

/** A label as the index knows it. */
export interface IndexedLabel {
  id: string;
  name: string;
  /** −ln of how common the label is in the texts that the head learned from: what sharing it is worth. */
  rarity: number;
}

/** Which labels titles must and must not have, by label number. */
export interface LabelCondition {
  /** One of each set, accepted or suggested. */
  include: readonly (readonly number[])[];
  /** None of them accepted. */
  exclude: readonly number[];
}

/** A probability is kept in this many steps: finer than any calibration is. */
const STEPS = 255;
/** Bits of a word of accepted labels. */
const BITS = 32;

/** The labels of all titles in columns: one byte of probability a label, one bit of acceptance. */
export class LabelTable {
  readonly #numberOf: Map<string, number>;
  readonly #words: number;
  #probabilities = new Uint8Array(0);
  #accepted = new Uint32Array(0);
  /** Length of the title's vector of probability · rarity. */
  #lengths = new Float32Array(0);

  constructor(readonly labels: readonly IndexedLabel[]) {
    this.#numberOf = new Map(labels.map(({ id }, number) => [id, number]));
    this.#words = Math.ceil(labels.length / BITS);
  }

  /** Bytes a title takes. */
  get rowBytes(): number {
    return this.labels.length + 4 * this.#words + 4;
  }

  numberOf(id: string): number | undefined {
    return this.#numberOf.get(id);
  }

  /** Makes room for `rows` titles in all. */
  reserve(rows: number): void {
    const grown = <T extends Uint8Array | Uint32Array | Float32Array>(larger: T, old: T): T => {
      larger.set(old);
      return larger;
    };
    if (rows * this.labels.length <= this.#probabilities.length) return;
    this.#probabilities = grown(new Uint8Array(rows * this.labels.length), this.#probabilities);
    this.#accepted = grown(new Uint32Array(rows * this.#words), this.#accepted);
    this.#lengths = grown(new Float32Array(rows), this.#lengths);
  }

  /** @param ids accepted ones first; labels that are not known are left out */
  set(row: number, ids: readonly string[], probabilities: readonly number[], accepted: number): void {
    this.#probabilities.fill(0, row * this.labels.length, (row + 1) * this.labels.length);
    this.#accepted.fill(0, row * this.#words, (row + 1) * this.#words);
    let squares = 0;
    for (let i = 0; i < ids.length; i++) {
      const label = this.#numberOf.get(ids[i]!);
      if (label === undefined) continue;
      const steps = Math.min(STEPS, Math.max(1, Math.round(STEPS * probabilities[i]!)));
      this.#probabilities[row * this.labels.length + label] = steps;
      if (i < accepted) this.#accepted[row * this.#words + (label >> 5)]! |= 1 << (label & 31);
      squares += ((steps / STEPS) * this.labels[label]!.rarity) ** 2;
    }
    this.#lengths[row] = Math.sqrt(squares);
  }

  move(from: number, to: number): void {
    const { length } = this.labels;
    this.#probabilities.copyWithin(to * length, from * length, (from + 1) * length);
    this.#accepted.copyWithin(to * this.#words, from * this.#words, (from + 1) * this.#words);
    this.#lengths[to] = this.#lengths[from]!;
  }

  /** 0 where the title does not have the label. */
  probability(row: number, label: number): number {
    return this.#probabilities[row * this.labels.length + label]! / STEPS;
  }

  isAccepted(row: number, label: number): boolean {
    return (this.#accepted[row * this.#words + (label >> 5)]! & (1 << (label & 31))) !== 0;
  }

  /** What the label makes of the title's tag vector, which has length 1. */
  weight(row: number, label: number): number {
    const length = this.#lengths[row]!;
    return length === 0 ? 0 : (this.probability(row, label) * this.labels[label]!.rarity) / length;
  }

  /** Numbers of the accepted labels, rising. */
  acceptedOf(row: number): number[] {
    const found: number[] = [];
    for (let word = 0; word < this.#words; word++) {
      let bits = this.#accepted[row * this.#words + word]!;
      for (; bits !== 0; bits &= bits - 1) found.push(word * BITS + 31 - Math.clz32(bits & -bits));
    }
    return found;
  }

  /** The tag vector: one number a label, how likely it is times what it tells; null without labels. */
  vector(row: number): Float32Array | null {
    const from = row * this.labels.length;
    const vector = Float32Array.from(
      this.labels,
      ({ rarity }, i) => (this.#probabilities[from + i]! / STEPS) * rarity,
    );
    return unit(vector);
  }

  fits(row: number, { include, exclude }: LabelCondition): boolean {
    for (const alternatives of include)
      if (!alternatives.some((label) => this.probability(row, label) > 0)) return false;
    return !exclude.some((label) => this.isAccepted(row, label));
  }
}
