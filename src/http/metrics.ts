import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from '../analysis/runner.js';
import type { Database } from '../catalog/database.js';
import type { StageName } from '../generated/prisma/enums.js';

/** The delay of the event loop is sampled this often, and is at least this long in what is shown. */
const SAMPLE_MILLISECONDS = 1;

const processRegistry = new Registry();
collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: SAMPLE_MILLISECONDS });

const stageSeconds = new Histogram({
  name: 'marquee_stage_duration_seconds',
  help: 'How long the stages of analyses took in this process.',
  labelNames: ['stage', 'cached'],
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
  registers: [processRegistry],
});
const endedAnalyses = new Counter({
  name: 'marquee_analyses_ended_total',
  help: 'Runs of analyses that ended in this process, by what came of them.',
  labelNames: ['outcome'],
  registers: [processRegistry],
});

/** Hears what the pipeline of this process does. */
export const analysisMetrics = {
  onStage(stage: StageName, seconds: number, cached: boolean): void {
    stageSeconds.observe({ stage, cached: String(cached) }, seconds);
  },
  onEnd(outcome: Outcome): void {
    endedAnalyses.inc({ outcome });
  },
};

/** The figures of one server. */
export interface ServerMetrics {
  /** One HTTP request. `route` is one of a few names, never the path itself. */
  observeRequest(route: string, status: number, seconds: number): void;
  /** One GraphQL operation, over HTTP or a WebSocket. */
  observeOperation(kind: string, outcome: 'ok' | 'error', seconds: number): void;
  /** @param count operations that are open on WebSockets now */
  showSubscriptions(count: () => number): void;
  /** Everything, in the text format of Prometheus. */
  print(): Promise<{ contentType: string; text: string }>;
}

export function createServerMetrics(pool: Database['pool']): ServerMetrics {
  const registry = new Registry();
  const requests = new Histogram({
    name: 'marquee_http_request_duration_seconds',
    help: 'How long HTTP requests took.',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry],
  });
  const operations = new Histogram({
    name: 'marquee_graphql_operation_duration_seconds',
    help: 'How long GraphQL operations took; a subscription counts until it is set up.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry],
  });
  countInDatabase(registry, pool);
  return {
    observeRequest: (route, status, seconds) => requests.observe({ route, status }, seconds),
    observeOperation: (kind, outcome, seconds) => operations.observe({ kind, outcome }, seconds),
    showSubscriptions: (count) => showSubscriptions(registry, count),
    async print() {
      const all = Registry.merge([processRegistry, registry]);
      return { contentType: all.contentType, text: await all.metrics() };
    },
  };
}

function showSubscriptions(registry: Registry, count: () => number): void {
  new Gauge({
    name: 'marquee_graphql_subscriptions',
    help: 'Operations that are open on WebSockets.',
    registers: [registry],
    collect() {
      this.set(count());
    },
  });
}

/**
 * Figures that all processes on one database share; each scrape asks the database. While it does not answer
 * they are left out, and the figures of the process are still there.
 */
function countInDatabase(registry: Registry, pool: Database['pool']): void {
  const rowsOf = async (gauge: Gauge, sql: string): Promise<{ state: string; count: number }[]> => {
    gauge.reset();
    return pool.query(sql).then(
      ({ rows }) => rows,
      () => [],
    );
  };
  new Gauge({
    name: 'marquee_analyses',
    help: 'Analyses in the database by state.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      for (const { state, count } of await rowsOf(this, ANALYSES_BY_STATE)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'marquee_queue_depth',
    help: 'Jobs that wait for a worker and are due.',
    registers: [registry],
    async collect() {
      for (const { count } of await rowsOf(this, JOBS_DUE)) this.set(count);
    },
  });
}

const ANALYSES_BY_STATE = `
  SELECT state.state, count(a.id)::int AS count
  FROM unnest(enum_range(NULL::"AnalysisState")) AS state(state)
  LEFT JOIN "Analysis" a ON a.state = state.state
  GROUP BY 1`;
const JOBS_DUE = `
  SELECT count(*)::int AS count FROM graphile_worker.jobs WHERE locked_at IS NULL AND run_at <= now()`;
