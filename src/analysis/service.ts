import type { Analysis, AnalysisEvent } from '../generated/prisma/client.js';
import type { TrailerSource } from '../media/source.js';

export interface AnalysisRequest {
  titleId: string;
  source: TrailerSource;
  /** Subtitles as text: SRT, WebVTT or ASS. */
  subtitles?: string;
  /** The same key gives back the analysis that it made first. */
  idempotencyKey?: string;
  /** Lower numbers run first: -100 … 100, 0 where it is left out. */
  priority?: number;
  /** Run every stage again, known results or not. */
  force?: boolean;
}

/** What the API and the command line ask of the pipeline. Expected failures are thrown as `Failure`. */
export interface AnalysisService {
  /** Writes the Analysis and its job in one transaction. @throws NOT_FOUND, BAD_INPUT, CONFLICT */
  request(request: AnalysisRequest): Promise<{ analysis: Analysis; created: boolean }>;
  /** Asks the analysis to stop; one that waits ends at once. @throws NOT_FOUND, CONFLICT when it has ended */
  cancel(id: string): Promise<Analysis>;
  /** Queues a FAILED or CANCELLED analysis again. @throws NOT_FOUND, CONFLICT */
  retry(id: string): Promise<Analysis>;
  /** Every event after number `after`, then live ones; ends behind the terminal event. @throws NOT_FOUND */
  events(id: string, after: number, signal: AbortSignal): AsyncIterable<AnalysisEvent>;
  /** Ids of predictions as they are published, from any process. */
  publishedPredictions(signal: AbortSignal): AsyncIterable<string>;
}
