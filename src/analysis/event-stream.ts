import { Failure } from '../failure.js';
import type { AnalysisEvent, PrismaClient } from '../generated/prisma/client.js';
import { CHANNELS } from './channels.js';
import { TERMINAL_STATES } from './event-log.js';
import type { Notifications } from './notifications.js';

/** A lost notification costs at most this long. */
const LOOK_ANYWAY_MS = 5_000;
const PAGE = 500;

/**
 * Every event of an analysis behind number `after`, then live ones; ends behind the terminal event that is the
 * newest (a retried analysis has earlier terminal events in its history).
 *
 * @throws Failure NOT_FOUND
 */
export async function* streamEvents(
  parts: { prisma: PrismaClient; notifications: Notifications },
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<AnalysisEvent> {
  const bell = new Bell();
  const silence = [
    parts.notifications.on(CHANNELS.event, (changed) => changed === id && bell.ring()),
    parts.notifications.on('reconnected', () => bell.ring()),
  ];
  try {
    let last = after;
    while (!signal.aborted) {
      bell.reset();
      const analysis = await parts.prisma.analysis.findUnique({
        where: { id },
        select: { lastEvent: true, state: true },
      });
      if (!analysis) throw new Failure('NOT_FOUND', `There is no analysis ${id}.`, { path: ['id'] });
      const events = await parts.prisma.analysisEvent.findMany({
        where: { analysisId: id, number: { gt: last } },
        orderBy: { number: 'asc' },
        take: PAGE,
      });
      for (const event of events) {
        if (signal.aborted) return;
        yield event;
        last = event.number;
      }
      if (TERMINAL_STATES.includes(analysis.state) && last >= analysis.lastEvent) return;
      if (events.length === 0) await bell.wait(LOOK_ANYWAY_MS, signal);
    }
  } finally {
    for (const off of silence) off();
  }
}

/** Remembers a ring that comes while nobody waits. */
class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  reset(): void {
    this.#rung = false;
  }

  /** Resolves at the next ring since `reset`, after `milliseconds`, or when `signal` aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#rung || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
