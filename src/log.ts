import { destination, type Logger, pino } from 'pino';

export type { Logger };

/** Structured logs on standard error; standard output belongs to results. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions?.isoTime ?? true }, destination(2));
}
