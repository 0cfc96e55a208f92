import { Failure } from '../failure.js';

/** So many callers are remembered; the ones that asked longest ago are forgotten first. */
const MOST_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket for each caller: a minute's requests may come at once, after that they come as the bucket
 * fills again.
 */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = () => performance.now(), // milliseconds
  ) {}

  /** @throws Failure RATE_LIMITED that says how long to wait */
  take(caller: string): void {
    const now = this.now();
    const perMillisecond = this.perMinute / 60_000;
    const bucket = this.#buckets.get(caller) ?? { tokens: this.perMinute, filledAt: now };
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + (now - bucket.filledAt) * perMillisecond);
    bucket.filledAt = now;
    this.#remember(caller, bucket);
    if (bucket.tokens < 1) {
      const seconds = Math.ceil((1 - bucket.tokens) / perMillisecond / 1000);
      throw new Failure(
        'RATE_LIMITED',
        `Too many requests; at most ${this.perMinute} a minute. Wait ${seconds} s, then go on.`,
      );
    }
    bucket.tokens -= 1;
  }

  /** Like `take`, for those who cannot be told how long to wait. */
  allows(caller: string): boolean {
    try {
      this.take(caller);
      return true;
    } catch {
      return false;
    }
  }

  #remember(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_CALLERS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
