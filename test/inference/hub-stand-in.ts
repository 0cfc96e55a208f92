import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that speaks the hub's protocol as https://huggingface.co/docs/hub/api has it, with faults on demand. */
export interface HubStandIn {
  endpoint: string;
  files: Map<string, Buffer>;
  /** Every request for a file: its path and its range. */
  requests: { path: string; range: string | undefined }[];
  /** Ends the connection of the next answers after this many bytes each. */
  dropAfter: number[];
  /** An answer that goes on for ever, or weights that fall silent after their first byte. */
  fault: 'endless description' | 'endless file' | 'silent weights' | null;
  /** Sizes and checksums that are stated instead of the true ones. */
  stated: Map<string, { size?: number; sha256?: string }>;
  /** Set: requests without this token are refused. */
  token: string | null;
  commit: string;
  close(): Promise<void>;
}

export const COMMIT = 'a'.repeat(40);

export async function startHub(files: Record<string, Buffer | string>): Promise<HubStandIn> {
  const hub: HubStandIn = {
    endpoint: '',
    files: new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)])),
    requests: [],
    dropAfter: [],
    fault: null,
    stated: new Map(),
    token: null,
    commit: COMMIT,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close');
    if (hub.token && request.headers.authorization !== `Bearer ${hub.token}`) return refuse(response, 401);
    const url = new URL(request.url ?? '/', hub.endpoint);
    const isDescription = url.pathname.startsWith('/api/models/tiny/model/revision/');
    if (hub.fault === `endless ${isDescription ? 'description' : 'file'}`) return sendForEver(response);
    if (isDescription) return response.end(JSON.stringify(revision(hub)));
    const name = new RegExp(`^/tiny/model/resolve/${hub.commit}/(.+)$`).exec(url.pathname)?.[1];
    const content = name === undefined ? undefined : hub.files.get(decodeURIComponent(name));
    if (!name || !content) return refuse(response, 404);
    hub.requests.push({ path: name, range: request.headers.range });
    if (hub.fault === 'silent weights' && name.endsWith('.safetensors')) return void response.write('w');
    sendFile(response, content, request.headers.range, hub.dropAfter.shift());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

function revision(hub: HubStandIn) {
  const siblings = [...hub.files].map(([rfilename, content]) => {
    const { size = content.length, sha256 = createHash('sha256').update(content).digest('hex') } =
      hub.stated.get(rfilename) ?? {};
    const blobId = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    return {
      rfilename,
      size,
      blobId,
      ...(rfilename.endsWith('.safetensors') ? { lfs: { sha256, size, pointerSize: 134 } } : {}),
    };
  });
  return { sha: hub.commit, cardData: { license: 'mit' }, siblings };
}

function sendFile(
  response: ServerResponse,
  content: Buffer,
  range: string | undefined,
  dropAfter: number | undefined,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': content.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  });
  if (dropAfter === undefined) response.end(content.subarray(start));
  else response.write(content.subarray(start, start + dropAfter), () => response.socket?.end());
}

function sendForEver(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 ** 2, ' ');
  const more = (error?: Error | null) => {
    if (!error && !response.destroyed) response.write(chunk, more);
  };
  more();
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
