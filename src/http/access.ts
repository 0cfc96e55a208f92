import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';
import { Failure } from '../failure.js';
import type { Caller } from '../graphql/caller.js';

/** Without keys only this machine is served, and whoever is on it may do everything. */
const LOCAL_CALLER: Caller = { name: 'local', role: 'admin' };

/** Decides who calls, and which requests of browsers are another page's. */
export class Access {
  readonly #keys: { caller: Caller; digest: Buffer }[];
  /** The same in every process with these keys; new keys end what was signed. */
  readonly #signingKey: Buffer;

  /** @throws Failure CONFIGURATION_INVALID for an address that others reach and no keys */
  constructor(private readonly config: Pick<Config, 'apiKeys' | 'host'>) {
    this.#keys = config.apiKeys.map(({ name, role, secret }) => ({
      caller: { name, role },
      digest: digest(secret),
    }));
    this.#signingKey = digest(JSON.stringify(config.apiKeys.map(({ secret }) => secret)));
    if (!this.needsKey && !isLoopback(config.host)) {
      throw new Failure(
        'CONFIGURATION_INVALID',
        `Others can reach Marquee on ${config.host}. Set MARQUEE_API_KEYS, or let HOST be 127.0.0.1.`,
      );
    }
  }

  get needsKey(): boolean {
    return this.#keys.length > 0;
  }

  /** @param authorization `Bearer <secret>` @throws Failure UNAUTHENTICATED */
  callerOf(authorization: unknown): Caller {
    if (!this.needsKey) return LOCAL_CALLER;
    const token = typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    const given = digest(token ?? '');
    // Every key is compared, in constant time, so that the answer's time tells nothing.
    const known = this.#keys.filter(({ digest }) => timingSafeEqual(digest, given));
    if (token !== undefined && known[0]) return known[0].caller;
    throw new Failure(
      'UNAUTHENTICATED',
      'Send one of the API keys of MARQUEE_API_KEYS as `Authorization: Bearer <secret>`.',
    );
  }

  /** The path with a signature where keys are needed: a browser's `<img>` cannot send one. */
  signed(path: string): string {
    return this.needsKey ? `${path}?signature=${this.#signature(path).toString('base64url')}` : path;
  }

  isSigned(path: string, signature: unknown): boolean {
    const given = Buffer.from(typeof signature === 'string' ? signature : '', 'base64url');
    const expected = this.#signature(path);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #signature(path: string): Buffer {
    return createHmac('sha256', this.#signingKey).update(path).digest();
  }

  /**
   * Without keys, the browser of this machine must not be used against it: neither by a name that was bound to
   * 127.0.0.1 afterwards (DNS rebinding: the Host is foreign), nor by another site's page (the Origin is
   * foreign). With keys neither works, because another page does not have one.
   * @param changes the request may change something, or opens a WebSocket
   * @throws Failure FORBIDDEN
   */
  refuseForeignPages(request: Pick<IncomingMessage, 'headers'>, changes: boolean): void {
    if (this.needsKey) return;
    const { host, origin } = request.headers;
    const hostname = hostnameOf(`http://${host}`);
    if (hostname === null || !(isLoopback(hostname) || hostname === this.config.host)) {
      throw new Failure(
        'FORBIDDEN',
        'Without API keys Marquee answers only to this machine; open it as localhost.',
      );
    }
    if (changes && origin !== undefined && hostOf(origin) !== host) {
      throw new Failure('FORBIDDEN', 'Without API keys Marquee answers only to its own page.');
    }
  }
}

/** Hashed, so that all have the same length and comparing tells nothing of it. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '::1' ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

function hostnameOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
