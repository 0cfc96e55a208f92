/** Tells of progress now and then: reports that come too soon, or while one is being written, are left out. */
export class ProgressReports {
  #lastAt = 0;
  #writing: Promise<void> | null = null;

  constructor(private readonly everyMilliseconds: number) {}

  /** @param isDue also where the last one was just now */
  tell(write: () => Promise<void>, isDue = false): void {
    const now = Date.now();
    if (this.#writing || (!isDue && now - this.#lastAt < this.everyMilliseconds)) return;
    this.#lastAt = now;
    // A stale attempt or a broken connection shows at the next real write; progress alone is not worth failing for.
    this.#writing = write()
      .catch(() => undefined)
      .finally(() => {
        this.#writing = null;
      });
  }

  /** Waits for the report that is being written. */
  async written(): Promise<void> {
    await this.#writing;
  }
}
