import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../log.js';
import { CHANNELS, type Channel } from './channels.js';

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * One connection that listens to every channel, and hands ids on within the process. When the connection breaks
 * it is made anew, and `reconnected` is emitted: listeners then look at the tables, as something may have been missed.
 */
export class Notifications {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #stop = new AbortController();
  #client: pg.Client | null = null;

  constructor(
    private readonly url: string,
    private readonly log: Logger,
  ) {}

  /** Connects and listens. @throws the driver's error when the first connection fails */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** Calls `listener` with the id of each notification until the returned function is called. */
  on(channel: Channel | 'reconnected', listener: (id: string) => void): () => void {
    this.#emitter.on(channel, listener);
    return () => this.#emitter.off(channel, listener);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#client?.end();
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('notification', ({ channel, payload }) => this.#emitter.emit(channel, payload ?? ''));
    client.on('error', (error) => {
      if (!this.#stop.signal.aborted) this.log.warn({ err: error }, 'the listening connection broke');
    });
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    try {
      await client.connect();
      const channels = Object.values(CHANNELS);
      await client.query(channels.map((channel) => `LISTEN ${channel}`).join('; '));
      this.#stop.signal.throwIfAborted();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    // Only one that had listened is replaced: a try that failed ends too, and whoever made it tries again.
    void ended.then(() => this.#reconnect());
  }

  async #reconnect(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await delay(RECONNECT_MS, undefined, { signal: this.#stop.signal });
        await this.#connect();
        this.#emitter.emit('reconnected', '');
        return;
      } catch (error) {
        if (!this.#stop.signal.aborted)
          this.log.warn({ err: error }, 'listening again failed; trying once more');
      }
    }
  }
}
