import { Failure } from './failure.js';

/** The signals that ask a process to end, with what it then exits with: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** One signal often comes twice: from the terminal or the supervisor, and handed on by npm. */
const SAME_SIGNAL_MILLISECONDS = 1_000;

/** A signal ended the work, which has closed what it opened. */
export class Interrupted extends Failure {
  constructor(
    readonly exitCode: number,
    message = 'Stopped.',
  ) {
    super('CANCELLED', message);
  }
}

/**
 * Runs work that closes what it opened when its signal aborts, which SIGINT and SIGTERM do. A second one, a second
 * later, ends the process at once.
 * @throws Interrupted once the work has ended, where a signal came meanwhile; else whatever the work throws
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  let askedAt = 0;
  const stop = (name: NodeJS.Signals) => {
    const interrupted = new Interrupted(EXIT_CODES[name as keyof typeof EXIT_CODES]);
    if (!stopping.signal.aborted) askedAt = performance.now();
    else if (performance.now() - askedAt > SAME_SIGNAL_MILLISECONDS) process.exit(interrupted.exitCode);
    stopping.abort(interrupted);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const result = await work(stopping.signal);
    stopping.signal.throwIfAborted();
    return result;
  } catch (error) {
    // What failed because it was stopped says less than that it was.
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
