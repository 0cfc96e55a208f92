import type { Precision } from './onnx/graph.js';

/** How long what one analysis asks may wait for what another one asks. */
const WAIT_MILLISECONDS = 5;

interface Asked<Request, Answer> {
  request: Request;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface JoiningOptions<Request> {
  precision: Precision;
  /** What a request adds to a run, for example its clips. */
  sizeOf(request: Request): number;
  /** Sizes of one run together at most: bounds its memory. A larger request runs alone. */
  most: number;
}

/**
 * Joins what several analyses ask of one graph within 5 ms into one run: a GPU is idle for most of a run of one
 * clip. In int8 every request runs alone and at once, because the activations of a run share their scales: a
 * stored vector must not depend on what else was analysed at that moment (docs/decisions/036-joined-runs.md).
 *
 * A run that fails is repeated one request at a time, so that a request fails by its own fault only.
 */
export class JoinedRuns<Request, Answer> {
  #waiting: Asked<Request, Answer>[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @param run answers requests, in their order */
  constructor(
    private readonly run: (requests: readonly Request[]) => Promise<readonly Answer[]>,
    private readonly options: JoiningOptions<Request>,
  ) {}

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = { request, resolve, reject };
      if (this.options.precision === 'int8') {
        void this.#answer([asked]);
        return;
      }
      if (this.#size([...this.#waiting, asked]) > this.options.most) this.#start();
      this.#waiting.push(asked);
      this.#timer ??= setTimeout(() => this.#start(), WAIT_MILLISECONDS);
    });
  }

  #size(batch: readonly Asked<Request, Answer>[]): number {
    return batch.reduce((sum, { request }) => sum + this.options.sizeOf(request), 0);
  }

  #start(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) void this.#answer(batch);
  }

  async #answer(batch: readonly Asked<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.run(batch.map(({ request }) => request));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      if (batch.length === 1) batch[0]!.reject(error);
      else for (const asked of batch) await this.#answer([asked]);
    }
  }
}
