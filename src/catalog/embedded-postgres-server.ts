import { spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Failure } from '../failure.js';
import {
  CLUSTER_ENVIRONMENT,
  CLUSTER_USER,
  type Cluster,
  postgresFailure,
  spawnFailure,
} from './embedded-postgres-cluster.js';
import type { Place } from './embedded-postgres-place.js';
import { machineSettings } from './embedded-postgres-settings.js';
import { commandLineOf } from './process-identity.js';

const HOST = '127.0.0.1';
const POLL_MILLISECONDS = 20;
/** Recovery after a crash replays at most `max_wal_size` (2 GB), which slow disks need a while for. */
const READY_TIMEOUT_MILLISECONDS = 120_000;
const STOP_TIMEOUT_MILLISECONDS = 30_000;
/** A port may be taken by another program before PostgreSQL listens on it; a predecessor may still be going. */
const START_TRIES = 5;
const RETRY_MILLISECONDS = 500;
const PORT_TAKEN = /could not create any TCP\/IP sockets|Address already in use/;
const WORTH_ANOTHER_TRY = new RegExp(`${PORT_TAKEN.source}|pre-existing shared memory block`);

export interface Server {
  pid: number;
  port: number;
  /** It ran before: started by another process, or left behind by one that was killed. */
  adopted: boolean;
}

/** The URL of one of the server's databases, password included. */
export function serverUrl(server: Server, cluster: Cluster, database: string): string {
  return `postgresql://${CLUSTER_USER}:${cluster.password}@${HOST}:${server.port}/${database}`;
}

/**
 * Takes over the server that runs on the cluster, else starts one, on the port that the last one had where that is
 * free: whoever holds its URL finds it again. Not to be called by two processes at once.
 */
export async function adoptOrStart(place: Place, cluster: Cluster): Promise<Server> {
  const running = await findRunning(cluster);
  if (running && (await becomesReady(running, cluster))) return { ...running, adopted: true };
  let port = (await lastPort(cluster)) ?? (await findFreePort());
  for (let attempt = 1; ; attempt += 1) {
    const output = await start(place, cluster, port);
    if (typeof output !== 'string') return { ...output, adopted: false };
    if (attempt === START_TRIES || !WORTH_ANOTHER_TRY.test(output)) {
      throw postgresFailure(output, 'did not start', place.folder);
    }
    if (PORT_TAKEN.test(output)) port = await findFreePort();
    await delay(RETRY_MILLISECONDS);
  }
}

/** Ends the server in order: transactions are rolled back, everything is on disk. */
export async function stop(server: Server, cluster: Cluster): Promise<void> {
  // PostgreSQL's signals: SIGINT is its fast shutdown, SIGQUIT its immediate one, which the next start recovers from.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!(await serves(server.pid, cluster))) return;
    try {
      process.kill(server.pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + STOP_TIMEOUT_MILLISECONDS;
    while (Date.now() < deadline) {
      if (!(await serves(server.pid, cluster))) return;
      await delay(POLL_MILLISECONDS);
    }
  }
}

interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}

/** `postmaster.pid`: process, data, start, port, socket folder, address, shared memory, state; a line each. */
async function readPidFile(cluster: Cluster): Promise<PidFile | null> {
  const text = await readFile(pidFilePath(cluster), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n').map((line) => line.trim());
  return { pid: Number(lines[0]), port: Number(lines[3] ?? 0), ready: lines[7] === 'ready' };
}

const pidFilePath = (cluster: Cluster) => path.join(cluster.data, 'postmaster.pid');

/** Whether this process is the server of this cluster, and not one that was given the same number later. */
export async function serves(pid: number, cluster: Cluster): Promise<boolean> {
  return (await commandLineOf(pid))?.includes(`-D ${cluster.data} `) ?? false;
}

/** PostgreSQL notes the command line that it was started with. Null: it was never started. */
async function lastPort(cluster: Cluster): Promise<number | null> {
  const options = await readFile(path.join(cluster.data, 'postmaster.opts'), 'utf8').catch(() => '');
  const port = Number(/"port=(\d+)"/.exec(options)?.[1] ?? 0);
  return port > 0 ? port : null;
}

async function findRunning(cluster: Cluster): Promise<{ pid: number; port: number } | null> {
  const found = await readPidFile(cluster);
  if (!found) return null;
  if (await serves(found.pid, cluster)) return found;
  // PostgreSQL clears a dead server's file away itself, but it trusts a number that is in use again.
  if ((await commandLineOf(found.pid)) !== null) await rm(pidFilePath(cluster), { force: true });
  return null;
}

/** Waits until the server accepts us. False when it ends instead, as one does that was already stopping. */
async function becomesReady(server: { pid: number; port: number }, cluster: Cluster): Promise<boolean> {
  const deadline = Date.now() + READY_TIMEOUT_MILLISECONDS;
  while (await serves(server.pid, cluster)) {
    // A server that was found while it started had not written its port yet.
    const port = (await readPidFile(cluster))?.port ?? server.port;
    if (port > 0 && (await accepts(port, cluster))) {
      server.port = port;
      return true;
    }
    if (Date.now() > deadline) {
      throw new Failure(
        'DATABASE_UNAVAILABLE',
        `The embedded PostgreSQL runs (process ${server.pid}) but does not answer: end it with "kill ${server.pid}", then start again.`,
      );
    }
    await delay(POLL_MILLISECONDS);
  }
  return false;
}

async function accepts(port: number, cluster: Cluster): Promise<boolean> {
  const client = new pg.Client({
    ...{ host: HOST, port, user: CLUSTER_USER, password: cluster.password, database: 'postgres' },
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns the server once it accepts connections, or what it wrote when it ended instead */
async function start(
  place: Place,
  cluster: Cluster,
  port: number,
): Promise<{ pid: number; port: number } | string> {
  const logFile = path.join(path.dirname(cluster.data), 'server.log');
  const log = await open(logFile, 'w', 0o600);
  // A session of its own (detached): Ctrl-C in the terminal must not reach the server before we have finished with it.
  const child = spawn(
    place.postgres,
    [
      ...['-D', cluster.data, '-c', `listen_addresses=${HOST}`, '-c', `port=${port}`],
      ...['-c', 'unix_socket_directories=', '-c', 'log_destination=stderr', '-c', 'logging_collector=off'],
      ...Object.entries(machineSettings()).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...(place.account ?? {}),
      cwd: '/',
      env: CLUSTER_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(spawnFailure(error)));
    child.once('exit', () => resolve());
  });
  const stopWaiting = new AbortController();
  try {
    const ready = await Promise.race([
      ended.then(() => false),
      waitUntilReady(cluster, child.pid ?? -1, stopWaiting.signal),
    ]);
    if (ready) return { pid: child.pid ?? -1, port };
    return await readFile(logFile, 'utf8');
  } finally {
    stopWaiting.abort();
    child.unref();
    await log.close();
  }
}

async function waitUntilReady(cluster: Cluster, pid: number, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + READY_TIMEOUT_MILLISECONDS;
  while (!signal.aborted && Date.now() < deadline) {
    const found = await readPidFile(cluster);
    if (found?.pid === pid && found.ready) return true;
    await delay(POLL_MILLISECONDS);
  }
  return false;
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, HOST, resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
