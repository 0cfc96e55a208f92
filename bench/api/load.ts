import { setTimeout as delay } from 'node:timers/promises';
import type { RunningServer } from './server-process.js';

/** What clients of a catalog ask for, one after the other. */
const OPERATIONS: Record<string, string> = {
  page: `{ titles(first: 20, orderBy: { field: NAME }) { totalCount nodes { id name prediction { signalQuality { overall }
    tags(state: ACCEPTED) { probability weight label { name } evidence { startSeconds line thumbnailUrl } } } } } }`,
  analyses: '{ analyses(first: 20) { nodes { id state stage progress trailer { title { name } } } } }',
  search:
    '{ titles(first: 20, filter: { name: { contains: "tle 1" } }) { nodes { id name externalIds { source value } } } }',
  taxonomy: '{ taxonomy { kind labels { id name definition } } }',
};

export interface Phase {
  phase: string;
  seconds: number;
  requests: number;
  failed: number;
  /** Milliseconds from when a request was due to its whole answer. */
  latency: { p50: number; p95: number; p99: number; max: number };
  /** Milliseconds, in the server's process; sampled every millisecond, which is in the figures. */
  eventLoopDelay: { p50: number; p99: number; max: number };
}

const WARM_UP_MILLISECONDS = 2_000;
const IDLE_MILLISECONDS = 10_000;

/** A server that has nothing else to do. */
export async function observeIdle(server: RunningServer, rate: number): Promise<Phase> {
  // The first requests compile the code.
  await observe(server, { phase: 'warm-up', rate, until: delay(WARM_UP_MILLISECONDS) });
  return observe(server, { phase: 'idle', rate, until: delay(IDLE_MILLISECONDS) });
}

/** Sends requests at a fixed rate until `until` ends, and reads the server's own figures for this time. */
export async function observe(
  server: RunningServer,
  { phase, rate, until }: { phase: string; rate: number; until: Promise<unknown> },
): Promise<Phase> {
  await server.eventLoopDelay(); // reading the figures begins them anew
  const startedAt = performance.now();
  const load = sendAtRate(server, rate);
  await until;
  const latencies = (await load.stop()).sort((a, b) => a - b);
  const at = (share: number) =>
    round(latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0);
  return {
    phase,
    seconds: round((performance.now() - startedAt) / 1000),
    requests: latencies.length + load.failed(),
    failed: load.failed(),
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    eventLoopDelay: await server.eventLoopDelay(),
  };
}

function sendAtRate(server: RunningServer, rate: number) {
  const operations = Object.values(OPERATIONS);
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let sent = 0;
  let failed = 0;
  const send = async (operation: string) => {
    const dueAt = performance.now();
    try {
      await server.graphql(operation);
      latencies.push(performance.now() - dueAt);
    } catch {
      failed += 1;
    }
  };
  const timer = setInterval(() => {
    const request = send(operations[sent++ % operations.length] ?? '');
    underWay.add(request);
    void request.finally(() => underWay.delete(request));
  }, 1000 / rate);
  return {
    failed: () => failed,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      return latencies;
    },
  };
}

export function printPhases(phases: readonly Phase[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(phases, null, 2)}\n`);
    return;
  }
  const rows = phases.map(({ phase, seconds, requests, failed, latency, eventLoopDelay }) => ({
    phase,
    seconds,
    requests,
    failed,
    'API p50 ms': latency.p50,
    'API p95 ms': latency.p95,
    'API p99 ms': latency.p99,
    'loop p50 ms': eventLoopDelay.p50,
    'loop p99 ms': eventLoopDelay.p99,
    'loop max ms': eventLoopDelay.max,
  }));
  console.table(rows);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
