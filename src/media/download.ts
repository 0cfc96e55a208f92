import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { asFailure, Failure } from '../failure.js';
import { adopt, type StoredFile, temporaryPath } from './store.js';
import { type CheckedUrl, checkUrl, type Network } from './web-address.js';

export interface DownloadOptions {
  network: Network;
  storeFolder: string;
  maxBytes: number;
  /** For the whole download, redirects and new attempts included. */
  maxSeconds: number;
  signal: AbortSignal;
  /** Share done, 0 … 1, where the server tells the size. */
  progress?(share: number): void;
}

export interface Download extends StoredFile {
  /** What the server calls the file, without its ending. */
  name: string;
}

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** How often a broken connection is taken up again where it broke. */
const MAX_RESUMPTIONS = 4;
const RESUME_DELAY_MS = 250;
const CONNECT_TIMEOUT_MS = 15_000;
/** Silence on the line that counts as broken. */
const STALL_TIMEOUT_MS = 30_000;

/**
 * Fetches a file over https into the store. Every address is checked before it is connected to, and the connection
 * is pinned to what was checked; each redirect goes through the same checks.
 * @throws Failure URL_INVALID, URL_FORBIDDEN, SOURCE_NOT_FOUND, SOURCE_EMPTY, MEDIA_FORMAT_FORBIDDEN, DOWNLOAD_FAILED,
 *   DOWNLOAD_TOO_LARGE, DOWNLOAD_TIMEOUT, CANCELLED, DISK_FULL; no temporary file stays behind
 */
export async function download(address: string, options: DownloadOptions): Promise<Download> {
  const first = await checkUrl(address, options.network);
  const deadline = AbortSignal.timeout(options.maxSeconds * 1000);
  const signal = AbortSignal.any([options.signal, deadline]);
  await mkdir(options.storeFolder, { recursive: true });
  const temporary = temporaryPath(options.storeFolder);
  const file = await open(temporary, 'wx', 0o600);
  try {
    const transfer = new Transfer(file, options);
    await transfer.complete(first, signal);
    await file.close();
    return { ...(await adopt(temporary, transfer.digest(), options.storeFolder)), name: transfer.name };
  } catch (error) {
    if (deadline.aborted && !options.signal.aborted) throw timedOut(options.maxSeconds);
    if (options.signal.aborted) throw new Failure('CANCELLED', 'The work was cancelled.');
    throw asFailure(error);
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}

function timedOut(seconds: number): Failure {
  return new Failure(
    'DOWNLOAD_TIMEOUT',
    `The download took longer than ${seconds} seconds. Try again, or upload the file.`,
  );
}

function failed(what: string, cause?: unknown): Failure {
  return new Failure('DOWNLOAD_FAILED', `${what}. Try again later, or upload the file.`, { cause });
}

/** One file on its way, over as many connections as it takes. */
class Transfer {
  name = 'trailer';
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  /** What the server calls this version of the file; without it a broken transfer begins anew. */
  #validator: string | null = null;

  constructor(
    private readonly file: FileHandle,
    private readonly options: DownloadOptions,
  ) {}

  digest(): string {
    return this.#hash.digest('hex');
  }

  async complete(first: CheckedUrl, signal: AbortSignal): Promise<void> {
    for (let resumption = 0; ; resumption++) {
      try {
        await this.#attempt(first, signal);
        break;
      } catch (error) {
        if (error instanceof Failure || signal.aborted) throw error;
        if (resumption === MAX_RESUMPTIONS) throw failed('The connection broke again and again', error);
        await delay(RESUME_DELAY_MS * 2 ** resumption, undefined, { signal });
      }
    }
    if (this.#bytes === 0)
      throw new Failure('SOURCE_EMPTY', 'The address gives an empty file. Check it, or upload the file.');
  }

  /** One way through the redirects to the file's end. */
  async #attempt(first: CheckedUrl, signal: AbortSignal): Promise<void> {
    let target = first;
    for (let redirects = 0; ; redirects++) {
      const agent = pinnedAgent(target, this.options.network);
      try {
        const response = await this.#ask(target, agent, signal);
        const location = response.headers.location;
        if (!REDIRECTS.has(response.statusCode) || typeof location !== 'string') {
          await this.#receive(response, target.url);
          return;
        }
        if (redirects === MAX_REDIRECTS)
          throw failed(`The address redirects more than ${MAX_REDIRECTS} times`);
        target = await checkUrl(absolute(location, target.url), this.options.network);
      } finally {
        await agent.destroy();
      }
    }
  }

  #ask(target: CheckedUrl, agent: Agent, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const isResumption = this.#bytes > 0 && this.#validator !== null;
    return request(target.url, {
      dispatcher: agent,
      signal,
      headers: {
        accept: 'video/*, application/octet-stream, */*;q=0.5',
        'accept-encoding': 'identity',
        'user-agent': 'marquee',
        ...(isResumption ? { range: `bytes=${this.#bytes}-`, 'if-range': this.#validator as string } : {}),
      },
    });
  }

  async #receive(response: Dispatcher.ResponseData, url: URL): Promise<void> {
    refuseStatus(response.statusCode);
    if (String(response.headers['content-type'] ?? '').startsWith('text/html')) {
      const message =
        'The address leads to a web page, not to a video. Give the address of the file itself, or upload it.';
      throw new Failure('MEDIA_FORMAT_FORBIDDEN', message);
    }
    const continues =
      response.statusCode === 206 && rangeStart(response.headers['content-range']) === this.#bytes;
    if (!continues) await this.#restart();
    this.name = nameOf(response.headers['content-disposition'], url);
    const { etag, 'last-modified': lastModified } = response.headers;
    this.#validator =
      [etag, lastModified].find(
        (value): value is string => typeof value === 'string' && !value.startsWith('W/'),
      ) ?? null;
    const length = Number(response.headers['content-length'] ?? Number.NaN);
    const expected = Number.isFinite(length) ? this.#bytes + length : null;
    if (expected !== null && expected > this.options.maxBytes) throw this.#tooLarge();
    for await (const chunk of response.body as AsyncIterable<Buffer>) await this.#append(chunk, expected);
  }

  async #restart(): Promise<void> {
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    await this.file.truncate(0);
  }

  async #append(chunk: Buffer, expected: number | null): Promise<void> {
    if (this.#bytes + chunk.length > this.options.maxBytes) throw this.#tooLarge();
    await this.file.write(chunk, 0, chunk.length, this.#bytes);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    if (expected !== null) this.options.progress?.(this.#bytes / expected);
  }

  #tooLarge(): Failure {
    const mebibytes = Math.floor(this.options.maxBytes / 1024 ** 2);
    return new Failure(
      'DOWNLOAD_TOO_LARGE',
      `The file is larger than ${mebibytes} MiB, the most that is taken. Send a smaller one.`,
    );
  }
}

/** Connects to the checked address and to no other, whatever the name resolves to by then. */
function pinnedAgent({ address }: CheckedUrl, network: Network): Agent {
  const family = address.includes(':') ? 6 : 4;
  return new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      lookup: (_host, options, callback) => {
        if (options.all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      ...(network.certificateAuthority === undefined ? {} : { ca: network.certificateAuthority }),
    },
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
    pipelining: 0,
  });
}

function refuseStatus(status: number): void {
  if (status === 200 || status === 206) return;
  if (status === 429 || status >= 500)
    throw failed(`The server is not able to answer now (status ${status})`);
  if (status >= 400) {
    throw new Failure(
      'SOURCE_NOT_FOUND',
      `The server refuses the file (status ${status}). Check the address, or upload the file.`,
    );
  }
  throw failed(`The server answers with status ${status}, which brings no file`);
}

function absolute(location: string, from: URL): string {
  return URL.canParse(location, from.href) ? new URL(location, from).href : location;
}

function rangeStart(header: string | string[] | undefined): number | null {
  const match = /^bytes (\d+)-/.exec(String(header ?? ''));
  return match ? Number(match[1]) : null;
}

function nameOf(disposition: string | string[] | undefined, url: URL): string {
  const [, quoted] = /filename="?([^";]+)"?/i.exec(String(disposition ?? '')) ?? [];
  const last = quoted ?? decodePart(url.pathname.split('/').at(-1) ?? '');
  return path.parse(path.basename(last)).name || url.hostname;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
