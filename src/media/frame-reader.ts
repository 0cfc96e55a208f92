import type { Readable } from 'node:stream';

/** One decoded picture, as its output's format has it. */
export interface RawFrame {
  /** Presentation time in seconds of the decoder's clock. */
  seconds: number;
  /** Valid until the next frame is asked for. */
  data: Uint8Array;
}

/** `frame:3    pts:1536000 pts_time:1.536`, where only `pts` is exact. */
const FRAME = /^frame:\d+ *pts:(-?\d+|NOPTS)/;
const MICROSECOND = 1e-6;
/** Of our own: a filter prints the time of a frame that has the key it is told to print. */
const KEY = 'time';

/**
 * ffmpeg's filters that write the time of each picture to an output, and leave it as it is. What the file says about its
 * frames is deleted first: it could look like a line of ours. `showinfo` takes nine writes a frame for it, and this two.
 */
export function timesFilter(output: string): string {
  const file = output.replaceAll(':', '\\\\:');
  return [
    'settb=1/1000000',
    'metadata=delete',
    `metadata=add:key=${KEY}:value=1`,
    `metadata=print:key=${KEY}:file=${file}:direct=1`,
  ].join(',');
}

/** Collects the frame times that `timesFilter` writes beside the pictures. */
export class FrameTimes {
  readonly #seconds: number[] = [];
  #wake: (() => void) | null = null;
  #ended = false;

  /** @param pipe is read at once, whether or not the pictures are: a process that cannot write times stands still */
  constructor(pipe: Readable) {
    let open = '';
    pipe.setEncoding('latin1').on('data', (text: string) => {
      const lines = (open + text).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
      this.#wake?.();
    });
    pipe.once('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  #take(line: string): void {
    const [, pts] = FRAME.exec(line) ?? [];
    if (pts !== undefined) this.#seconds.push(Number(pts) * MICROSECOND);
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
