/** The highest of many numbers, in a binary heap with the lowest of them on top. */
export class HighestScores {
  readonly #heap: Float64Array;
  #size = 0;

  constructor(private readonly count: number) {
    this.#heap = new Float64Array(count);
  }

  /** The `count`-th highest; −∞ while there are fewer. */
  get lowest(): number {
    return this.#size < this.count || this.count === 0 ? Number.NEGATIVE_INFINITY : this.#heap[0]!;
  }

  offer(score: number): void {
    if (this.#size < this.count) {
      this.#heap[this.#size++] = score;
      if (this.#size === this.count) this.#heap.sort();
    } else if (score > this.#heap[0]!) this.#replaceLowest(score);
  }

  #replaceLowest(score: number): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= score) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = score;
  }
}
