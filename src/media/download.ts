import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asFailure, Failure, type FailureCode } from '../failure.js';
import {
  type DownloadFolder,
  leaveDownloadFolder,
  noteValidator,
  takeDownloadFolder,
} from './broken-download.js';
import { adopt, type StoredFile, sweepStore } from './store.js';
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
const RANGE_NOT_SATISFIABLE = 416;
/** How often a broken connection is taken up again where it broke. */
const MAX_RESUMPTIONS = 4;
const RESUME_DELAY_MS = 250;
/** Silence on the line that counts as broken. */
const STALL_TIMEOUT_MS = 30_000;

/** After these, the next call for the same address goes on where this one broke off. */
const CONTINUABLE: ReadonlySet<FailureCode> = new Set(['DOWNLOAD_FAILED', 'DOWNLOAD_TIMEOUT']);

/**
 * Fetches a file over https into the store. Every address is checked before it is connected to, and the connection
 * is pinned to what was checked; each redirect goes through the same checks. What an earlier call for the same address
 * has received is continued where the server names the same version of the file.
 * @throws Failure URL_INVALID, URL_FORBIDDEN, SOURCE_NOT_FOUND, SOURCE_EMPTY, MEDIA_FORMAT_FORBIDDEN, DOWNLOAD_TOO_LARGE,
 *   CANCELLED, DISK_FULL: no temporary file stays behind; DOWNLOAD_FAILED, DOWNLOAD_TIMEOUT: what can be continued stays
 */
export async function download(address: string, options: DownloadOptions): Promise<Download> {
  const first = await checkUrl(address, options.network);
  const deadline = AbortSignal.timeout(options.maxSeconds * 1000);
  const signal = AbortSignal.any([options.signal, deadline]);
  await mkdir(options.storeFolder, { recursive: true });
  await sweepStore(options.storeFolder);
  const place = await takeDownloadFolder(options.storeFolder, first.url.href);
  try {
    const transfer = await Transfer.open(place, options);
    try {
      await transfer.complete(first, signal);
    } catch (error) {
      const failure = failureOf(error, deadline, options);
      if (transfer.isContinuable && CONTINUABLE.has(failure.code))
        await leaveDownloadFolder(place, options.maxBytes);
      throw failure;
    } finally {
      await transfer.close();
    }
    const stored = await adopt(place.bytesPath, transfer.digest(), options.storeFolder);
    return { ...stored, name: transfer.name };
  } finally {
    await rm(place.folder, { recursive: true, force: true });
  }
}

function failureOf(error: unknown, deadline: AbortSignal, options: DownloadOptions): Failure {
  if (options.signal.aborted) return new Failure('CANCELLED', 'The work was cancelled.');
  return deadline.aborted ? timedOut(options.maxSeconds) : asFailure(error);
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
  #validator: string | null;

  private constructor(
    private readonly place: DownloadFolder,
    private readonly file: FileHandle,
    private readonly options: DownloadOptions,
  ) {
    this.#validator = place.validator;
  }

  /** Opens the folder's bytes, behind those that are there already. */
  static async open(place: DownloadFolder, options: DownloadOptions): Promise<Transfer> {
    const file = await open(place.bytesPath, place.validator === null ? 'wx' : 'r+', 0o600);
    const transfer = new Transfer(place, file, options);
    if (place.validator !== null) {
      for await (const chunk of createReadStream(place.bytesPath) as AsyncIterable<Buffer>) {
        transfer.#hash.update(chunk);
        transfer.#bytes += chunk.length;
      }
    }
    return transfer;
  }

  get isContinuable(): boolean {
    return this.#bytes > 0 && this.#validator !== null;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.file.close();
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
      const response = await ask(target, { headers: this.#headers(), network: this.options.network, signal });
      try {
        const { location } = response.headers;
        if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) {
          await this.#receive(response, target.url);
          return;
        }
        if (redirects === MAX_REDIRECTS)
          throw failed(`The address redirects more than ${MAX_REDIRECTS} times`);
        target = await checkUrl(absolute(location, target.url), this.options.network);
      } finally {
        response.destroy();
      }
    }
  }

  #headers(): Record<string, string> {
    return {
      accept: 'video/*, application/octet-stream, */*;q=0.5',
      'accept-encoding': 'identity',
      'user-agent': 'marquee',
      ...(this.#bytes > 0 && this.#validator !== null
        ? { range: `bytes=${this.#bytes}-`, 'if-range': this.#validator }
        : {}),
    };
  }

  async #receive(response: IncomingMessage, url: URL): Promise<void> {
    const { headers, statusCode = 0 } = response;
    if (statusCode === RANGE_NOT_SATISFIABLE && this.#bytes > 0) {
      await this.#restart();
      throw new Error('the server has nothing behind what was received');
    }
    refuseStatus(statusCode);
    if (headers['content-type']?.startsWith('text/html')) {
      const message =
        'The address leads to a web page, not to a video. Give the address of the file itself, or upload the file.';
      throw new Failure('MEDIA_FORMAT_FORBIDDEN', message);
    }
    const continues = statusCode === 206 && rangeStart(headers['content-range']) === this.#bytes;
    if (!continues) await this.#restart();
    this.name = nameOf(headers['content-disposition'], url);
    // A weak validator does not promise the same bytes.
    const validators = [headers.etag, headers['last-modified']];
    this.#validator = validators.find((value) => value !== undefined && !value.startsWith('W/')) ?? null;
    await noteValidator(this.place, this.#validator);
    const length = Number(headers['content-length'] ?? Number.NaN);
    const expected = Number.isFinite(length) ? this.#bytes + length : null;
    if (expected !== null && expected > this.options.maxBytes) throw this.#tooLarge();
    for await (const chunk of response as AsyncIterable<Buffer>) await this.#append(chunk, expected);
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

/**
 * Asks the checked address and no other, whatever the name resolves to by then. Node's own client, because a
 * connection that ends while its reader rests brings undici 7.30 to an assertion that nobody can catch.
 */
function ask(
  { url, address }: CheckedUrl,
  options: { headers: Record<string, string>; network: Network; signal: AbortSignal },
): Promise<IncomingMessage> {
  const { headers, network, signal } = options;
  const family = address.includes(':') ? 6 : 4;
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent: false,
      headers,
      signal,
      timeout: STALL_TIMEOUT_MS,
      lookup: (_host, { all }, callback) => {
        if (all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      },
      ...(network.certificateAuthority === undefined ? {} : { ca: network.certificateAuthority }),
    });
    asked.on('response', resolve);
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('the server fell silent')));
    asked.end();
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

function rangeStart(header: string | undefined): number | null {
  const match = /^bytes (\d+)-/.exec(header ?? '');
  return match ? Number(match[1]) : null;
}

function nameOf(disposition: string | undefined, url: URL): string {
  const [, quoted] = /filename="?([^";]+)"?/i.exec(disposition ?? '') ?? [];
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
