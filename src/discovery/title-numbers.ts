/**
 * Ids and their places in columns: dense numbers from 0. Where a title goes, the last one takes its number, so that
 * columns stay without gaps.
 */
export class TitleNumbers {
  readonly #numberOf = new Map<string, number>();
  readonly #ids: string[] = [];

  get count(): number {
    return this.#ids.length;
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  idOf(number: number): string {
    return this.#ids[number]!;
  }

  of(id: string): number | undefined {
    return this.#numberOf.get(id);
  }

  /** The title's number, a new one where it had none. */
  add(id: string): number {
    const known = this.#numberOf.get(id);
    if (known !== undefined) return known;
    this.#ids.push(id);
    this.#numberOf.set(id, this.#ids.length - 1);
    return this.#ids.length - 1;
  }

  /** @returns what columns must move to where (perhaps onto itself); null where the title is not known */
  remove(id: string): { from: number; to: number } | null {
    const to = this.#numberOf.get(id);
    if (to === undefined) return null;
    const from = this.#ids.length - 1;
    const last = this.#ids[from]!;
    this.#ids[to] = last;
    this.#numberOf.set(last, to);
    this.#ids.pop();
    this.#numberOf.delete(id);
    return { from, to };
  }
}
