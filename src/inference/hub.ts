import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { z } from 'zod';
import { Failure } from '../failure.js';

/** https://huggingface.co/docs/hub/api: where models come from. */
export interface HubOptions {
  /** `https://huggingface.co`, or a mirror that speaks its protocol. */
  endpoint: string;
  /** For models that ask for an account; sent to the endpoint only, never along a redirect. */
  token: string | null;
}

export interface HubFile {
  path: string;
  bytes: number;
  /** The checksum that the hub states: sha256 of a large file, else the git object's sha1. */
  checksum: { kind: 'sha256' | 'git-sha1'; hex: string };
}

/** One revision of a model's repository. */
export interface HubRevision {
  commit: string;
  /** As the model card states it, or null. */
  licence: string | null;
  files: HubFile[];
}

const revisionShape = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).optional() }).nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().int().nonnegative(),
      blobId: z.string().regex(/^[0-9a-f]{40}$/),
      lfs: z
        .object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.number().int().nonnegative() })
        .nullish(),
    }),
  ),
});

/** Silence for this long is a broken connection. */
const STALL_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;
/** A revision's description: a few kilobytes; a repository of ten thousand files has some megabytes. */
const MAX_DESCRIPTION_BYTES = 16 * 1024 ** 2;

export class Hub {
  constructor(private readonly options: HubOptions) {}

  /**
   * What a revision (a branch, a tag or a commit) is now.
   * @throws Failure NOT_FOUND, FORBIDDEN, DOWNLOAD_FAILED when the hub cannot be reached or answers nonsense
   */
  async revision(repository: string, revision: string, signal: AbortSignal): Promise<HubRevision> {
    const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
    const response = await this.#get({ path, what: `${repository} at ${revision}` }, {}, signal);
    const parsed = revisionShape.safeParse(await readJson(response).catch(() => null));
    if (!parsed.success) {
      throw new Failure(
        'DOWNLOAD_FAILED',
        `${this.options.endpoint} does not answer as a model hub does: check HF_ENDPOINT.`,
      );
    }
    const { sha, siblings, cardData } = parsed.data;
    const files = siblings.map(
      ({ rfilename, size, blobId, lfs }): HubFile => ({
        path: rfilename,
        bytes: lfs?.size ?? size,
        checksum: lfs ? { kind: 'sha256', hex: lfs.sha256 } : { kind: 'git-sha1', hex: blobId },
      }),
    );
    return { commit: sha, licence: [cardData?.license ?? []].flat()[0] ?? null, files };
  }

  /**
   * A file's bytes from `offset` on. `offset` in the answer is where they really begin: a server that cannot
   * resume begins at 0.
   */
  async open(
    repository: string,
    commit: string,
    file: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<{ offset: number; body: AsyncIterable<Uint8Array> }> {
    const path = `/${repository}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`;
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const response = await this.#get({ path, what: `${file} of ${repository}` }, headers, signal);
    return { offset: response.statusCode === 206 ? offset : 0, body: response };
  }

  /** @param asked `what` is told to users */
  async #get(
    asked: { path: string; what: string },
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { endpoint, token } = this.options;
    const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    try {
      const response = await follow(new URL(endpoint + asked.path), headers, authorization, signal);
      const status = response.statusCode ?? 0;
      if (status === 200 || status === 206) return response;
      response.destroy();
      throw refusal(status, asked.what, token !== null);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      signal.throwIfAborted();
      throw new Failure(
        'DOWNLOAD_FAILED',
        `The model hub ${endpoint} cannot be reached. Check the network, HTTPS_PROXY or HF_ENDPOINT; the compact pack works without it.`,
        { cause },
      );
    }
  }
}

/** Follows redirects to where the bytes are; the token stays with the hub's own origin. */
async function follow(
  from: URL,
  headers: Record<string, string>,
  authorization: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = from;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const own = url.origin === from.origin ? authorization : {};
    const response = await ask(url, { ...headers, ...own }, signal);
    const { location } = response.headers;
    if (!location || !REDIRECTS.has(response.statusCode ?? 0)) return response;
    response.destroy();
    url = new URL(location, url);
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Node's own client, through the proxy that the environment names for the address: undici 7.30 ends in an
 * assertion that nobody can catch when a connection breaks off while its reader is busy.
 */
function ask(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const proxy = getProxyForUrl(url.href);
  const agent = proxy ? new HttpsProxyAgent(proxy) : false;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, agent, signal, timeout: STALL_TIMEOUT_MS });
    asked.on('response', resolve);
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('the server fell silent')));
    asked.end();
  });
}

/** @throws when it is no JSON, or too long for any */
async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_DESCRIPTION_BYTES) throw new Error('the description of a revision does not end');
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

function refusal(status: number, what: string, hasToken: boolean): Failure {
  if (status === 401 || status === 403) {
    // The hub says so of models that it does not have, too.
    const hint = hasToken ? 'accept its terms on the hub with the account of HF_TOKEN' : 'set HF_TOKEN';
    return new Failure(
      'FORBIDDEN',
      `The hub does not give out ${what} (status ${status}): check the name, or ${hint}.`,
    );
  }
  if (status === 404)
    return new Failure('NOT_FOUND', `The hub has no ${what}: check the model's name and revision.`);
  return new Failure('DOWNLOAD_FAILED', `The hub answered ${status} for ${what}: try again later.`);
}
