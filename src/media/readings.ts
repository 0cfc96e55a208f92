import type { RawFrame } from './frame-reader.js';
import { type PicturePlan, type Reading, type ReadingPlan, startReading } from './reading.js';

/** Decoding is bounded by the trailer's length: ten times real time is a very slow machine with a 4K file. */
const TIMEOUT_PER_SECOND = 10;
const TIMEOUT_BASE_SECONDS = 60;

/** The ffmpeg processes of one decoding job, none of which outlives it. */
export class Readings {
  readonly #running: Reading[] = [];

  constructor(
    private readonly path: string,
    private readonly trailerSeconds: number,
    private readonly signal: AbortSignal,
  ) {}

  /** Does the work, then waits until every process is gone. @throws what the work or a process fails with */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      await Promise.all(this.#running.map(({ ended }) => ended));
      return result;
    } catch (error) {
      for (const reading of this.#running) reading.kill();
      await Promise.allSettled(this.#running.map(({ ended }) => ended));
      throw error;
    }
  }

  /** @throws Failure what `startReading` throws */
  async start(plan: Pick<ReadingPlan, 'pictures' | 'sound' | 'subtitles'>): Promise<Reading> {
    const timeoutSeconds = TIMEOUT_BASE_SECONDS + this.trailerSeconds * TIMEOUT_PER_SECOND;
    const reading = await startReading({ ...plan, path: this.path, timeoutSeconds }, this.signal);
    this.#running.push(reading);
    return reading;
  }

  /** Opens the file once more, for pictures alone. */
  async startPictures(pictures: PicturePlan): Promise<AsyncGenerator<RawFrame>[]> {
    return (await this.start({ pictures, sound: null, subtitles: [] })).pictures;
  }
}
