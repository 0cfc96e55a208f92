import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attempt } from '../../src/analysis/attempt.js';
import type { AnalysisRequest } from '../../src/analysis/service.js';
import { StaleAttempt } from '../../src/analysis/stale-attempt.js';
import { collect, type Harness, oneTo, openHarness } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const forever = new AbortController().signal;

async function newRequest(more: Partial<AnalysisRequest> = {}): Promise<AnalysisRequest> {
  const titleId = await harness.createTitle();
  return { titleId, source: { kind: 'PATH', path: `/media/${titleId}.mp4` }, ...more };
}

async function newAnalysis(more: Partial<AnalysisRequest> = {}): Promise<string> {
  return (await harness.analyses.request(await newRequest(more))).analysis.id;
}

async function take(id: string): Promise<Attempt> {
  const attempt = await Attempt.take(harness.database.prisma, id);
  if (!attempt) throw new Error('nothing to take');
  return attempt;
}

const read = (id: string) => harness.database.prisma.analysis.findUniqueOrThrow({ where: { id } });
const fail = (attempt: Attempt) => attempt.end({ state: 'FAILED', finishedAt: new Date() }, 'It failed.');

describe('asking for an analysis', () => {
  it('writes the analysis, its first event and its job together', async () => {
    const id = await newAnalysis();
    expect(await read(id)).toMatchObject({ state: 'QUEUED', attempt: 0, lastEvent: 1 });
    const events = await harness.database.prisma.analysisEvent.findMany({ where: { analysisId: id } });
    expect(events).toMatchObject([{ number: 1, kind: 'STATE', state: 'QUEUED' }]);
    expect(await harness.jobs()).toContain(id);
  });

  it('writes nothing at all for a title that does not exist', async () => {
    const before = await harness.database.prisma.trailer.count();
    const request = await newRequest({ titleId: 'title_00000000000000000000000000000000' });
    await expect(harness.analyses.request(request)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      path: ['titleId'],
    });
    expect(await harness.database.prisma.trailer.count()).toBe(before);
  });

  it('gives the first analysis back for the same idempotency key, also when both come at once', async () => {
    const request = await newRequest({ idempotencyKey: 'import-7' });
    const answers = await Promise.all(oneTo(5).map(() => harness.analyses.request(request)));
    expect(new Set(answers.map(({ analysis }) => analysis.id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });

  it('refuses an idempotency key that was used for another request', async () => {
    await harness.analyses.request(await newRequest({ idempotencyKey: 'import-8' }));
    const other = await newRequest({ idempotencyKey: 'import-8' });
    await expect(harness.analyses.request(other)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('refuses unreadable subtitles before anything is queued', async () => {
    const request = await newRequest({ subtitles: '1\n00:00:xx --> 00:00:02,000\nHello' });
    await expect(harness.analyses.request(request)).rejects.toMatchObject({ code: 'SUBTITLES_INVALID' });
  });

  it('for one new source many times at once makes one trailer and as many analyses', async () => {
    const titleId = await harness.createTitle();
    const source = { kind: 'PATH' as const, path: '/media/at-once.mp4' };
    const made = await Promise.all(oneTo(10).map(() => harness.analyses.request({ titleId, source })));
    expect(new Set(made.map(({ analysis }) => analysis.id)).size).toBe(10);
    expect(new Set(made.map(({ analysis }) => analysis.trailerId)).size).toBe(1);
  });

  it('keeps one trailer for one source of one title', async () => {
    const request = await newRequest();
    const first = await harness.analyses.request(request);
    const second = await harness.analyses.request(request);
    expect(second.analysis.trailerId).toBe(first.analysis.trailerId);
    expect(second.analysis.id).not.toBe(first.analysis.id);
  });
});

describe('events', () => {
  it('are numbered from 1 without a gap, also when many are written at once', async () => {
    const id = await newAnalysis();
    const attempt = await take(id);
    await Promise.all(oneTo(12).map(() => attempt.beginStage('DECODE')));
    await fail(attempt);
    const events = await collect(harness.analyses.events(id, 0, forever));
    expect(events.map(({ number }) => number)).toEqual(oneTo(events.length));
    expect(events.at(-1)).toMatchObject({ state: 'FAILED', message: 'It failed.' });
  });

  it('are replayed from the number behind `after`, then go on live, and end behind the terminal event', async () => {
    const id = await newAnalysis();
    const attempt = await take(id);
    await attempt.beginStage('FETCH');
    const live = collect(harness.analyses.events(id, 2, forever));
    await attempt.finishStage('FETCH', { cached: false });
    await attempt.beginStage('PROBE');
    await fail(attempt);
    expect((await live).map(({ number, stage }) => [number, stage])).toEqual([
      [3, 'FETCH'],
      [4, 'FETCH'],
      [5, 'PROBE'],
      [6, 'PROBE'],
    ]);
  });

  it('reach a client that drops at any number and comes back with `after` once each', async () => {
    const id = await newAnalysis();
    const attempt = await take(id);
    const seen: number[] = [];
    for (const stage of ['FETCH', 'PROBE', 'DECODE'] as const) {
      await attempt.beginStage(stage);
      const connection = new AbortController();
      for await (const event of harness.analyses.events(id, seen.at(-1) ?? 0, connection.signal)) {
        seen.push(event.number);
        if (event.stage === stage) break;
      }
      connection.abort();
      await attempt.finishStage(stage, { cached: false });
    }
    await fail(attempt);
    for (const event of await collect(harness.analyses.events(id, seen.at(-1) ?? 0, forever)))
      seen.push(event.number);
    expect(seen).toEqual(oneTo(seen.length));
    expect(seen).toHaveLength((await read(id)).lastEvent);
  });

  it('of a retried analysis go on counting, and its stream ends behind the newest terminal event', async () => {
    const id = await newAnalysis();
    await fail(await take(id));
    await harness.analyses.retry(id);
    const all = collect(harness.analyses.events(id, 0, forever));
    await fail(await take(id));
    const states = (await all).map(({ state }) => state);
    expect(states).toEqual(['QUEUED', 'RUNNING', 'FAILED', 'QUEUED', 'RUNNING', 'FAILED']);
  });

  it('of progress are left out when they come faster than four a second', async () => {
    const id = await newAnalysis();
    const attempt = await take(id);
    await attempt.beginStage('DECODE');
    for (let i = 0; i <= 1000; i++) attempt.progress('DECODE', i / 1000);
    await fail(attempt);
    const events = await collect(harness.analyses.events(id, 0, forever));
    expect(events.filter(({ kind }) => kind === 'PROGRESS')).toHaveLength(1);
  });

  it('of an unknown analysis are NOT_FOUND', async () => {
    const stream = harness.analyses.events('analysis_00000000000000000000000000000000', 0, forever);
    await expect(collect(stream)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the fence', () => {
  it('refuses every write of a stale attempt and changes nothing', async () => {
    const id = await newAnalysis();
    const stale = await take(id);
    const fresh = await take(id);
    expect(fresh.number).toBe(stale.number + 1);
    const before = await read(id);
    await expect(stale.beginStage('FETCH')).rejects.toBeInstanceOf(StaleAttempt);
    const kept = { contentHash: `of ${id}`, version: 'fetch-1', data: '{}' };
    await expect(stale.finishStage('FETCH', { cached: false, kept })).rejects.toBeInstanceOf(StaleAttempt);
    await expect(stale.succeed(async () => undefined)).rejects.toBeInstanceOf(StaleAttempt);
    expect(await fail(stale)).toBe(false);
    expect(await read(id)).toEqual(before);
    const results = { where: { contentHash: kept.contentHash } };
    expect(await harness.database.prisma.stageResult.count(results)).toBe(0);
    await fresh.beginStage('FETCH');
    await fresh.finishStage('FETCH', { cached: false, kept });
    expect(await harness.database.prisma.stageResult.count(results)).toBe(1);
  });

  it('counts a taking of a RUNNING analysis as a death of its process', async () => {
    const id = await newAnalysis();
    await take(id);
    await take(id);
    expect(await read(id)).toMatchObject({ crashes: 1, attempt: 2 });
  });

  it('gives nothing to take once the analysis has ended', async () => {
    const id = await newAnalysis();
    await fail(await take(id));
    expect(await Attempt.take(harness.database.prisma, id)).toBeNull();
  });
});

describe('cancelling', () => {
  it('ends a QUEUED analysis at once and removes its job', async () => {
    const id = await newAnalysis();
    expect(await harness.analyses.cancel(id)).toMatchObject({ state: 'CANCELLED' });
    expect(await harness.jobs()).not.toContain(id);
    expect((await collect(harness.analyses.events(id, 0, forever))).at(-1)).toMatchObject({
      state: 'CANCELLED',
    });
  });

  it('asks a RUNNING analysis to stop', async () => {
    const id = await newAnalysis();
    await take(id);
    expect(await harness.analyses.cancel(id)).toMatchObject({ state: 'RUNNING', cancelRequested: true });
  });

  it('of an analysis that has ended is a CONFLICT and changes nothing', async () => {
    const id = await newAnalysis();
    await fail(await take(id));
    const before = await read(id);
    await expect(harness.analyses.cancel(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await read(id)).toEqual(before);
  });
});

describe('retrying', () => {
  it('queues a FAILED or CANCELLED analysis again, with its error gone', async () => {
    const failed = await newAnalysis();
    await fail(await take(failed));
    const cancelled = await newAnalysis();
    await harness.analyses.cancel(cancelled);
    for (const id of [failed, cancelled]) {
      expect(await harness.analyses.retry(id)).toMatchObject({
        state: 'QUEUED',
        cancelRequested: false,
        errorCode: null,
      });
      expect(await harness.jobs()).toContain(id);
    }
  });

  it('of an analysis that waits is a CONFLICT', async () => {
    await expect(harness.analyses.retry(await newAnalysis())).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
