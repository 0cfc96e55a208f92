import type { RawFrame } from './frame-reader.js';
import { type PicturePlan, type Reading, type ReadingPlan, startReading } from './reading.js';

/** Decoding is bounded by the trailer's length: ten times real time is a very slow machine with a 4K file. */
const TIMEOUT_PER_SECOND = 10;
const TIMEOUT_BASE_SECONDS = 60;

/** The ffmpeg processes of one decoding job, none of which outlives it. */
export class Readings {
  readonly #started: Promise<Reading>[] = [];

  constructor(
    private readonly path: string,
    private readonly trailerSeconds: number,
    private readonly signal: AbortSignal,
  ) {}

  /** Does the work, then waits until every process is gone. @throws what the work or a process fails with */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      await Promise.all(this.#started.map(async (reading) => (await reading).ended));
      return result;
    } catch (error) {
      await this.#killAll();
      throw error;
    }
  }

  /** One that is being started while others fail is waited for, and killed with them. */
  async #killAll(): Promise<void> {
    const ends = this.#started.map(async (started) => {
      const reading = await started;
      reading.kill();
      await reading.ended;
    });
    await Promise.allSettled(ends);
  }

  /** @throws Failure what `startReading` throws */
  start(plan: Pick<ReadingPlan, 'pictures' | 'sound' | 'subtitles'>): Promise<Reading> {
    const timeoutSeconds = TIMEOUT_BASE_SECONDS + this.trailerSeconds * TIMEOUT_PER_SECOND;
    const reading = startReading({ ...plan, path: this.path, timeoutSeconds }, this.signal);
    this.#started.push(reading);
    return reading;
  }

  /** Opens the file once more, for pictures alone. */
  async startPictures(pictures: PicturePlan): Promise<AsyncGenerator<RawFrame>[]> {
    return (await this.start({ pictures, sound: null, subtitles: [] })).pictures;
  }
}
