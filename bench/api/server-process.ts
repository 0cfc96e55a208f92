import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface RunningServer {
  /** The data of one operation. @throws Error when it has errors */
  graphql<T>(query: string, variables?: object): Promise<T>;
  /** Of the server's event loop since the last call, in milliseconds. */
  eventLoopDelay(): Promise<{ p50: number; p99: number; max: number }>;
  /** @returns the upload's id */
  upload(file: string): Promise<string>;
  close(): Promise<void>;
}

/** `marquee serve` on a free port, with a data folder of its own. */
export async function startServerProcess(options: {
  /** Its data folder. */
  data: string;
  media: string;
  concurrency: number;
}): Promise<RunningServer> {
  const child = spawn(process.execPath, [CLI, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      MARQUEE_API_KEYS: '',
      MARQUEE_DATA: options.data,
      MARQUEE_PACK: 'compact',
      MARQUEE_CONCURRENCY: String(options.concurrency),
      MARQUEE_RATE_PER_MINUTE: '1000000',
      MEDIA_ROOTS: options.media,
    },
  });
  const exited = once(child, 'exit');
  const url = await Promise.race([addressIn(child.stdout), exited.then(() => null)]);
  if (url === null) throw new Error('the server ended before it was ready');
  return {
    graphql: (query, variables) => post(url, query, variables),
    eventLoopDelay: async () => delayIn(await (await fetch(`${url}/metrics`)).text()),
    upload: async (file) => {
      const fileName = encodeURIComponent(path.basename(file));
      const body = await readFile(file);
      const response = await fetch(`${url}/uploads?fileName=${fileName}`, { method: 'PUT', body });
      return ((await response.json()) as { id: string }).id;
    },
    close: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** The address in the banner. */
async function addressIn(output: NodeJS.ReadableStream): Promise<string | null> {
  for await (const line of createInterface({ input: output })) {
    const url = /address +(http:\/\/\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      output.resume();
      return url;
    }
  }
  return null;
}

async function post<T>(url: string, query: string, variables?: object): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] };
  if (errors) throw new Error(errors.map((error) => error.message).join('; '));
  return data;
}

function delayIn(metrics: string): { p50: number; p99: number; max: number } {
  const milliseconds = (name: string) => {
    const seconds = new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(metrics)?.[1];
    return Math.round(Number(seconds) * 10_000) / 10;
  };
  return { p50: milliseconds('p50'), p99: milliseconds('p99'), max: milliseconds('max') };
}
