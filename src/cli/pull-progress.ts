import { MultiBar, type SingleBar } from 'cli-progress';

const MEBIBYTE = 1024 ** 2;

/** What somebody sees of a pull while it goes on. */
export interface PullProgress {
  file(name: string, doneBytes: number, totalBytes: number): void;
  stop(): void;
}

/** A bar a file at a terminal; elsewhere, as in a log, a line for each file that has come. */
export function showPull(output: NodeJS.WriteStream): PullProgress {
  return output.isTTY ? barsOn(output) : linesOn(output);
}

function barsOn(output: NodeJS.WriteStream): PullProgress {
  const bars = new MultiBar({
    ...{ stream: output, clearOnComplete: false, barsize: 20 },
    // The name last: what does not fit into the terminal is cut off.
    format: '[{bar}] {value} / {total} MiB  {name}',
  });
  const byName = new Map<string, SingleBar>();
  return {
    file(name, doneBytes, totalBytes) {
      const bar = byName.get(name) ?? bars.create(mebibytes(totalBytes), 0, { name });
      byName.set(name, bar);
      bar.update(mebibytes(doneBytes));
    },
    stop: () => bars.stop(),
  };
}

function linesOn(output: NodeJS.WritableStream): PullProgress {
  return {
    file(name, doneBytes, totalBytes) {
      if (doneBytes === totalBytes) output.write(`${name}: ${mebibytes(totalBytes)} MiB\n`);
    },
    stop() {},
  };
}

function mebibytes(bytes: number): number {
  return Math.round((bytes / MEBIBYTE) * 10) / 10;
}
