import { newId } from '../catalog/id.js';
import { asFailure, Failure } from '../failure.js';
import type { Analysis, AnalysisEvent, Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { TrailerSource } from '../media/source.js';
import { parseSubtitles } from '../media/subtitles.js';
import { CHANNELS } from './channels.js';
import { advance, TERMINAL_STATES, writeEvent } from './event-log.js';
import { streamEvents } from './event-stream.js';
import { addJob, removeJob } from './jobs.js';
import type { Notifications } from './notifications.js';
import type { AnalysisRequest, AnalysisService } from './service.js';

/** Enough for the subtitles of a whole film. */
const MAX_SUBTITLE_CHARACTERS = 1_000_000;
const EVENTS_AT_A_TIME = 500;

interface AnalysesParts {
  prisma: PrismaClient;
  notifications: Notifications;
  pack: { id: string };
}

/** Analyses in the database: asked for here, run by whichever process takes the job. */
export class Analyses implements AnalysisService {
  constructor(private readonly parts: AnalysesParts) {}

  async request(request: AnalysisRequest): Promise<{ analysis: Analysis; created: boolean }> {
    const made = await this.create(request, async (tx, analysis) => {
      await addJob(tx, analysis.id, { priority: analysis.priority });
    });
    return made;
  }

  /** Like `request`, with `also` in place of the job: the command line runs the analysis itself. */
  async create(
    request: AnalysisRequest,
    also: (tx: Prisma.TransactionClient, analysis: Analysis) => Promise<void>,
  ): Promise<{ analysis: Analysis; created: boolean }> {
    validate(request);
    const known = await this.#byKey(request);
    if (known) return { analysis: known, created: false };
    try {
      const analysis = await this.parts.prisma.$transaction(async (tx) => {
        const trailerId = await trailerOf(tx, request);
        const written = await tx.analysis.create({
          data: {
            id: newId('analysis'),
            trailerId,
            pack: this.parts.pack.id,
            subtitles: request.subtitles ?? null,
            force: request.force ?? false,
            priority: request.priority ?? 0,
            idempotencyKey: request.idempotencyKey ?? null,
            lastEvent: 1,
          },
        });
        await writeEvent(tx, written, { kind: 'STATE', progress: 0 });
        await also(tx, written);
        return written;
      });
      return { analysis, created: true };
    } catch (error) {
      // Two requests with one key at the same time: the database let one of them through.
      const winner = isUniqueViolation(error) ? await this.#byKey(request) : null;
      if (winner) return { analysis: winner, created: false };
      throw error;
    }
  }

  async cancel(id: string): Promise<Analysis> {
    return this.parts.prisma.$transaction(async (tx) => {
      const ended = await advance(tx, {
        where: { id, state: 'QUEUED' },
        data: { state: 'CANCELLED', cancelRequested: true, finishedAt: new Date() },
        kind: 'STATE',
        progress: 0,
        message: 'Cancelled.',
      });
      if (ended) {
        await removeJob(tx, id);
        return ended;
      }
      const [asked] = await tx.analysis.updateManyAndReturn({
        where: { id, state: 'RUNNING' },
        data: { cancelRequested: true },
      });
      if (!asked) throw await notPossible(tx, id, 'cancelled');
      await tx.$executeRaw`SELECT pg_notify(${CHANNELS.cancel}, ${id})`;
      return asked;
    });
  }

  async retry(id: string): Promise<Analysis> {
    return this.parts.prisma.$transaction(async (tx) => {
      const queued = await advance(tx, {
        where: { id, state: { in: ['FAILED', 'CANCELLED'] } },
        data: {
          state: 'QUEUED',
          cancelRequested: false,
          failures: 0,
          crashes: 0,
          finishedAt: null,
          errorCode: null,
          errorMessage: null,
          errorRetryable: null,
        },
        kind: 'STATE',
        progress: 0,
      });
      if (!queued) throw await notPossible(tx, id, 'retried');
      await addJob(tx, id, { priority: queued.priority });
      return queued;
    });
  }

  events(id: string, after: number, signal: AbortSignal): AsyncIterable<AnalysisEvent> {
    const { notifications } = this.parts;
    const look = (of: string, behind: number) => lookAt(this.parts.prisma, of, behind);
    return streamEvents({ notifications, channel: CHANNELS.event, look }, id, after, signal);
  }

  async *publishedPredictions(signal: AbortSignal): AsyncGenerator<string> {
    const waiting: string[] = [];
    let wake: (() => void) | null = null;
    const off = this.parts.notifications.on(CHANNELS.prediction, (id) => {
      waiting.push(id);
      wake?.();
    });
    const stop = () => wake?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        const id = waiting.shift();
        if (id !== undefined) yield id;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
      off();
    }
  }

  async #byKey(request: AnalysisRequest): Promise<Analysis | null> {
    if (request.idempotencyKey === undefined) return null;
    const known = await this.parts.prisma.analysis.findUnique({
      where: { idempotencyKey: request.idempotencyKey },
      include: { trailer: true },
    });
    if (!known) return null;
    const { trailer, ...analysis } = known;
    const locator = locatorOf(request.source);
    const same =
      trailer.titleId === request.titleId &&
      trailer.sourceKind === request.source.kind &&
      trailer.sourceLocator === locator &&
      analysis.subtitles === (request.subtitles ?? null);
    if (!same) {
      throw new Failure('CONFLICT', 'This idempotencyKey was used for another request. Use a new key.', {
        path: ['idempotencyKey'],
      });
    }
    return analysis;
  }
}

async function lookAt(prisma: PrismaClient, id: string, after: number) {
  const analysis = await prisma.analysis.findUnique({
    where: { id },
    select: { lastEvent: true, state: true },
  });
  if (!analysis) throw new Failure('NOT_FOUND', `There is no analysis ${id}.`, { path: ['id'] });
  const events = await prisma.analysisEvent.findMany({
    where: { analysisId: id, number: { gt: after } },
    orderBy: { number: 'asc' },
    take: EVENTS_AT_A_TIME,
  });
  return { lastEvent: analysis.lastEvent, hasEnded: TERMINAL_STATES.includes(analysis.state), events };
}

function validate(request: AnalysisRequest): void {
  const key = request.idempotencyKey;
  if (key !== undefined && (key.length < 1 || key.length > 200)) {
    throw new Failure('BAD_INPUT', 'An idempotencyKey has 1 to 200 characters.', {
      path: ['idempotencyKey'],
    });
  }
  const priority = request.priority ?? 0;
  if (!Number.isInteger(priority) || priority < -100 || priority > 100) {
    throw new Failure('BAD_INPUT', 'A priority is a whole number from -100 (first) to 100 (last).', {
      path: ['priority'],
    });
  }
  if (request.subtitles === undefined) return;
  if (request.subtitles.length > MAX_SUBTITLE_CHARACTERS) {
    const message = `Subtitles may have at most ${MAX_SUBTITLE_CHARACTERS.toLocaleString('en')} characters.`;
    throw new Failure('TOO_LARGE', message, { path: ['subtitles'] });
  }
  try {
    parseSubtitles(request.subtitles);
  } catch (error) {
    const { code, message } = asFailure(error);
    throw new Failure(code, message, { cause: error, path: ['subtitles'] });
  }
}

function locatorOf(source: TrailerSource): string {
  if (source.kind === 'PATH') return source.path;
  return source.kind === 'UPLOAD' ? source.uploadId : source.url;
}

/** The title's trailer from this source, made when it is new. */
async function trailerOf(tx: Prisma.TransactionClient, request: AnalysisRequest): Promise<string> {
  const title = await tx.title.findUnique({ where: { id: request.titleId }, select: { id: true } });
  if (!title) throw new Failure('NOT_FOUND', `There is no title ${request.titleId}.`, { path: ['titleId'] });
  if (request.source.kind === 'UPLOAD') {
    const upload = await tx.upload.findUnique({
      where: { id: request.source.uploadId },
      select: { id: true },
    });
    if (!upload) {
      const message = `There is no upload ${request.source.uploadId}. Send the file with PUT /uploads first.`;
      throw new Failure('NOT_FOUND', message, { path: ['source', 'uploadId'] });
    }
  }
  const source = {
    titleId: request.titleId,
    sourceKind: request.source.kind,
    sourceLocator: locatorOf(request.source),
  };
  // Prisma's upsert looks and then inserts, which fails for all but the first of several at the same time.
  await tx.trailer.createMany({ data: { id: newId('trailer'), ...source }, skipDuplicates: true });
  const trailer = await tx.trailer.findUniqueOrThrow({
    where: { titleId_sourceKind_sourceLocator: source },
    select: { id: true },
  });
  return trailer.id;
}

async function notPossible(tx: Prisma.TransactionClient, id: string, what: string): Promise<Failure> {
  const analysis = await tx.analysis.findUnique({ where: { id }, select: { state: true } });
  if (!analysis) return new Failure('NOT_FOUND', `There is no analysis ${id}.`, { path: ['id'] });
  const ended = TERMINAL_STATES.includes(analysis.state);
  const message = `The analysis is ${analysis.state}${ended ? '' : ' still'}; it cannot be ${what}.`;
  return new Failure('CONFLICT', message, { path: ['id'] });
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === 'P2002';
}
