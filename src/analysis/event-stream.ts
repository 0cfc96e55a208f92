import type { Channel } from './channels.js';
import type { Notifications } from './notifications.js';

/** A lost notification costs at most this long. */
const LOOK_ANYWAY_MS = 5_000;

/** Something whose events are numbered from 1 without a gap. */
export interface EventSource<Event extends { number: number }> {
  notifications: Notifications;
  /** Where its id is told when it has a new event. */
  channel: Channel;
  /** How far it is, and its next events behind number `after` in their order. @throws Failure NOT_FOUND */
  look(id: string, after: number): Promise<{ lastEvent: number; hasEnded: boolean; events: Event[] }>;
}

/**
 * Every event behind number `after`, then live ones; ends behind the terminal event that is the newest (what was
 * tried again has earlier terminal events in its history).
 *
 * @throws Failure NOT_FOUND
 */
export async function* streamEvents<Event extends { number: number }>(
  source: EventSource<Event>,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const bell = new Bell();
  const silence = [
    source.notifications.on(source.channel, (changed) => changed === id && bell.ring()),
    source.notifications.on('reconnected', () => bell.ring()),
  ];
  try {
    let last = after;
    while (!signal.aborted) {
      bell.reset();
      const { lastEvent, hasEnded, events } = await source.look(id, last);
      for (const event of events) {
        if (signal.aborted) return;
        yield event;
        last = event.number;
      }
      if (hasEnded && last >= lastEvent) return;
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
