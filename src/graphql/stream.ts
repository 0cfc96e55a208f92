/**
 * An iteration that can be left while it waits: `return` aborts its source, where a plain async generator
 * would answer only after its next value.
 */
export class Stream<T> implements AsyncIterableIterator<T> {
  readonly #controller = new AbortController();
  readonly #source: AsyncIterator<T>;

  constructor(start: (signal: AbortSignal) => AsyncIterable<T>) {
    this.#source = start(this.#controller.signal)[Symbol.asyncIterator]();
  }

  next(): Promise<IteratorResult<T>> {
    return this.#source.next();
  }

  async return(): Promise<IteratorResult<T>> {
    this.#controller.abort();
    await this.#source.return?.().catch(() => undefined); // the source may end by throwing its abort
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
