import type { Readable } from 'node:stream';

/** One decoded picture, as its output's format has it. */
export interface RawFrame {
  /** Presentation time in seconds of the decoder's clock. */
  seconds: number;
  /** Valid until the next frame is asked for. */
  data: Uint8Array;
}

/** Behind the filter's label: `@ 0x…] config in time_base: 1/15360, frame_rate: 30/1` */
const TIME_BASE = /\] config in time_base: (\d+)\/(\d+)/;
/** `@ 0x…] n:   3 pts:   1536 pts_time:0.12 …`, where only `pts` is exact. */
const FRAME = /\] n: *\d+ pts: *(-?\d+|NOPTS)/;

/** Collects the frame times that one of ffmpeg's `showinfo` filters writes beside the pictures. */
export class FrameTimes {
  readonly #head: string;
  readonly #seconds: number[] = [];
  #timeBase = Number.NaN;
  #wake: (() => void) | null = null;
  #ended = false;

  /** @param label of the filter, which stands at the head of its lines */
  constructor(label: string) {
    this.#head = `[${label} @`;
  }

  /** Takes one line of standard error; lines about anything else are ignored. */
  take(line: string): void {
    if (!line.startsWith(this.#head)) return;
    const base = TIME_BASE.exec(line);
    if (base) this.#timeBase = Number(base[1]) / Number(base[2]);
    const frame = FRAME.exec(line);
    if (!frame) return;
    this.#seconds.push(Number(frame[1]) * this.#timeBase);
    this.#wake?.();
  }

  /** No more lines will come. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Time of picture number `index`, NaN where it has none, or null when the child ended before it told. */
  async at(index: number): Promise<number | null> {
    while (index >= this.#seconds.length) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#seconds[index] ?? null;
  }
}

/**
 * Cuts a pipe of raw pictures into frames and joins them with their times.
 * @param frameBytes size of one picture
 */
export async function* readFrames(
  pipe: Readable,
  frameBytes: number,
  times: FrameTimes,
): AsyncGenerator<RawFrame> {
  const data = new Uint8Array(frameBytes);
  let filled = 0;
  let index = 0;
  for await (const chunk of pipe as AsyncIterable<Buffer>) {
    for (let used = 0; used < chunk.length; ) {
      const take = Math.min(frameBytes - filled, chunk.length - used);
      data.set(chunk.subarray(used, used + take), filled);
      used += take;
      filled += take;
      if (filled < frameBytes) break;
      filled = 0;
      const seconds = await times.at(index++);
      if (seconds === null) return;
      if (Number.isFinite(seconds)) yield { seconds, data };
    }
  }
}
