import { createClient } from '/vendor/graphql-ws/client.js';
import { apiKey } from './access.js';
import { ApiError } from './api.js';
import { RETAGGING_EVENTS, type RetaggingEvent } from './editing-queries.js';
import { ANALYSIS_EVENTS, type AnalysisEvent } from './queries.js';

const client = createClient({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  connectionParams: () => {
    const key = apiKey();
    return key === null ? {} : { authorization: `Bearer ${key}` };
  },
  // The server may restart while an analysis runs; it goes on by itself, and so does the page.
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
  retryWait: (retries) => new Promise((done) => setTimeout(done, Math.min(500 * 2 ** retries, 5_000))),
  keepAlive: 10_000, // 10 seconds: notices a connection that died silently
});

/** Tells whether the connection stands, each time that this changes. Returns the way to stop listening. */
export function watchConnection(onChange: (connected: boolean) => void): () => void {
  const stops = [client.on('connected', () => onChange(true)), client.on('closed', () => onChange(false))];
  return () => {
    for (const stop of stops) stop();
  };
}

export function analysisEvents(id: string, signal: AbortSignal): AsyncGenerator<AnalysisEvent> {
  return eventsOf(ANALYSIS_EVENTS, id, signal);
}

export function retaggingEvents(id: string, signal: AbortSignal): AsyncGenerator<RetaggingEvent> {
  return eventsOf(RETAGGING_EVENTS, id, signal);
}

/**
 * The events from number 1 to the terminal one, without a gap and none twice; `signal` ends them.
 *
 * @param query a subscription with one field
 */
async function* eventsOf<Event extends { number: number }>(
  query: string,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  let last = 0;
  const variables = {
    id,
    // Read again for each connection, so that a new one continues behind the last event that came.
    get after() {
      return last;
    },
  };
  const results = client.iterate<Record<string, Event>>({ query, variables });
  signal.addEventListener('abort', () => void results.return?.());
  for await (const result of results) {
    const [event] = Object.values(result.data ?? {});
    if (!event) throw new ApiError(result.errors?.map((error) => error.message) ?? []);
    if (event.number <= last) continue;
    last = event.number;
    yield event;
  }
}
