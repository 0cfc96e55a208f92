import type { Channel } from './channels.js';
import type { Notifications } from './notifications.js';

/** CANCEL: somebody asked for it. SHUTDOWN: this process ends. LOST: another worker has it, or it was deleted. */
export type StopReason = 'CANCEL' | 'SHUTDOWN' | 'LOST';

/** What this process has taken: an analysis or a learning run, under one attempt. */
export interface Taken {
  id: string;
  attempt: number;
  cancelRequested: boolean;
}

/** Work that this process has taken and not ended yet, and how each piece of it is stopped. */
export class WorkUnderWay {
  readonly #pieces = new Map<string, { attempt: number; controller: AbortController }>();
  readonly #silence: (() => void)[];
  #stopping = false;

  /**
   * @param channel where the id of what is to be cancelled is told
   * @param read what is stored of these ids today
   */
  constructor(
    notifications: Notifications,
    channel: Channel,
    private readonly read: (ids: string[]) => Promise<Taken[]>,
  ) {
    this.#silence = [
      notifications.on(channel, (id) => this.#abort(id, 'CANCEL')),
      notifications.on('reconnected', () => void this.abortUnwanted().catch(() => undefined)),
    ];
  }

  /** @returns what ends with a `StopReason`; it has ended already where the work was cancelled before it began */
  begin({ id, attempt, cancelRequested }: Taken): AbortSignal {
    const controller = new AbortController();
    this.#pieces.set(id, { attempt, controller });
    if (cancelRequested) this.#abort(id, 'CANCEL');
    else if (this.#stopping) this.#abort(id, 'SHUTDOWN');
    return controller.signal;
  }

  end(id: string): void {
    this.#pieces.delete(id);
  }

  /** Stops what was to be stopped while no notification could arrive, was deleted, or has been taken by another worker. */
  async abortUnwanted(): Promise<void> {
    if (this.#pieces.size === 0) return;
    const looked = [...this.#pieces];
    const stored = new Map((await this.read(looked.map(([id]) => id))).map((row) => [row.id, row]));
    for (const [id, { attempt, controller }] of looked) {
      const row = stored.get(id);
      if (row?.attempt !== attempt) controller.abort('LOST' satisfies StopReason);
      else if (row.cancelRequested) controller.abort('CANCEL' satisfies StopReason);
    }
  }

  /** Stops everything; each piece is handed back to the queue. */
  stop(): void {
    this.#stopping = true;
    for (const id of this.#pieces.keys()) this.#abort(id, 'SHUTDOWN');
    for (const off of this.#silence) off();
  }

  #abort(id: string, reason: StopReason): void {
    this.#pieces.get(id)?.controller.abort(reason);
  }
}

/** Why the work was stopped; null where it was not. */
export function stopReasonOf(signal: AbortSignal): StopReason | null {
  return signal.aborted ? (signal.reason as StopReason) : null;
}
