import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { PrismaClient } from '../generated/prisma/client.js';
import { readManifest } from '../inference/packs.js';
import { ThreadPool } from '../inference/threads.js';
import type { Logger } from '../log.js';
import type { Taxonomy } from '../tagging/taxonomy.js';
import type { Blend } from './aspect.js';
import { readCommonWords } from './common-words.js';
import { chooseEngine, type EngineKind } from './engine-choice.js';
import { FullText } from './full-text.js';
import { type MomentMatch, searchMoments } from './moments.js';
import { makeProfiles, renewForeignProfiles } from './profiles.js';
import type { RankedTitle, RankRequest } from './ranking.js';
import type { Reason } from './reasons.js';
import { restrictionCondition } from './restriction.js';
import { readEdits } from './row-edits.js';
import type { BuiltRow, RowRequest } from './rows.js';
import { refuseUnusable, type SearchRequest, type SearchResult, searchTitles } from './search.js';
import type { DiscoveryTasks, SimilarQuery } from './tasks.js';
import type { Neighbour } from './vector-index.js';

/** Where discovery hears of changes: channel names of the database, or `reconnected` after silence. */
export interface ChangeFeed {
  on(
    channel: 'marquee_title' | 'marquee_profile' | 'reconnected',
    listener: (id: string) => void,
  ): () => void;
}

export interface DiscoveryParts {
  prisma: PrismaClient;
  pool: pg.Pool;
  /** The same database, for a connection of the index's own. */
  url: string;
  feed: ChangeFeed;
  taxonomy: Pick<Taxonomy, 'groups'>;
  packFolder: string;
  /** What searches vectors; auto: what suits the database and the catalog. */
  vectors: EngineKind | 'auto';
  log: Logger;
}

/** Changes that come together are taken over together. */
const GATHER_MS = 50;
/** A notification that was lost costs at most this long. */
const LOOK_ANYWAY_MS = 30_000;

/**
 * Similar titles, search, ranking and rows over one catalog. The index lives in a thread of its own and follows the
 * database; it is loaded at `start`, or at the first question.
 */
export class Discovery {
  #index: ThreadPool<DiscoveryTasks> | null = null;
  #readers: ThreadPool<DiscoveryTasks> | null = null;
  readonly #fullText: FullText;
  #common: Promise<ReadonlySet<string>> | null = null;
  readonly #stop = new AbortController();
  #pools: ThreadPool<DiscoveryTasks>[] = [];
  #started: Promise<ThreadPool<DiscoveryTasks>> | null = null;
  #silence: (() => void)[] = [];
  #making: Promise<void> | null = null;
  #lastMaking: Promise<void> = Promise.resolve();
  #wantsMaking = false;
  #gone: string[] | null = [];
  #refreshing: Promise<void> | null = null;
  #wantsRefresh = false;

  constructor(private readonly parts: DiscoveryParts) {
    this.#fullText = new FullText(parts.prisma);
  }

  /** Loads the index and begins to follow the database; later calls wait for the first. */
  async start(): Promise<ThreadPool<DiscoveryTasks>> {
    this.#started ??= this.#open();
    return this.#started;
  }

  /**
   * Makes the profiles that are out of date, here and now.
   * @param options.readers threads that read texts, where none do yet
   * @param options.signal aborted: ends after the round that is being made
   */
  async makeProfiles(
    options: { readers?: number; onRound?: (made: number) => void; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { packFolder, pool } = this.parts;
    const { models } = await readManifest(packFolder);
    this.#readers ??= this.#addPool(options.readers ?? 1);
    const threads = this.#readers;
    const stop = options.signal ? AbortSignal.any([this.#stop.signal, options.signal]) : this.#stop.signal;
    // Of two at once the second would find the first at it, and return while profiles are still out of date.
    const last = this.#lastMaking.catch(() => undefined);
    this.#lastMaking = last.then(() =>
      makeProfiles({ pool, threads, packFolder, models }, stop, options.onRound),
    );
    await this.#lastMaking;
  }

  /** Takes over whatever the database has that the index has not. */
  async refresh(): Promise<void> {
    const index = await this.start();
    const gone = this.#gone;
    this.#gone = [];
    await index.runOnEach('refresh', { gone }).catch((error) => {
      // Which titles went is known no longer: the next time, the table is asked.
      this.#gone = null;
      throw error;
    });
  }

  /** The likest titles of each of many titles; none of one without a profile. */
  async similar(query: SimilarQuery): Promise<Neighbour[][]> {
    const index = await this.start();
    return index.run('similar', query);
  }

  /** Why titles are alike, from the same numbers as their scores; words as the first one's texts write them. */
  async explain(pairs: { a: string; b: string; blend: Blend }[]): Promise<Reason[][]> {
    const index = await this.start();
    const reasons = await index.run('explain', { pairs });
    return this.#inWords(
      pairs.map(({ a }) => a),
      reasons,
    );
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const index = await this.start();
    const { taxonomy, packFolder } = this.parts;
    this.#common ??= readCommonWords(packFolder);
    const common = await this.#common;
    return searchTitles({ index, fullText: this.#fullText, taxonomy, common }, request);
  }

  highlights(text: string, ids: readonly string[]): Promise<Map<string, string>> {
    return this.#fullText.highlights(text, ids);
  }

  /** @throws Failure BAD_INPUT for a query that is empty or too long */
  async searchMoments(query: string): Promise<MomentMatch[]> {
    refuseUnusable(query);
    const index = await this.start();
    const { models } = await readManifest(this.parts.packFolder);
    return searchMoments({ prisma: this.parts.prisma, index, models }, query);
  }

  /** Without a liked title that is known: the newest titles. */
  async rank(request: RankRequest): Promise<RankedTitle[]> {
    const index = await this.start();
    const ranked = await index.run('rank', request);
    if (ranked.length === 0) return this.#newest(request);
    const because = ranked.map(({ id, because }) => because ?? id);
    const reasons = await this.#inWords(
      because,
      ranked.map((title) => title.reasons),
    );
    return ranked.map((title, i) => ({ ...title, reasons: reasons[i]! }));
  }

  async rows(
    request: Omit<RowRequest, 'tastes' | 'without' | 'edits'> & { liked: string[] },
  ): Promise<BuiltRow[]> {
    const index = await this.start();
    const edits = await readEdits(this.parts.prisma);
    return index.run('rows', { ...request, edits });
  }

  async measure(): Promise<{ titles: number; bytesPerTitle: number }> {
    const index = await this.start();
    return index.run('measure', undefined);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const off of this.#silence) off();
    await this.#making;
    await this.#refreshing;
    await this.#started?.catch(() => undefined);
    await this.#index?.runOnEach('shut', undefined);
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  #addPool(size: number): ThreadPool<DiscoveryTasks> {
    const pool = new ThreadPool<DiscoveryTasks>(threadEntry(), size);
    this.#pools.push(pool);
    return pool;
  }

  async #open(): Promise<ThreadPool<DiscoveryTasks>> {
    const { feed, url, packFolder, log, pool } = this.parts;
    const engine = await chooseEngine(pool, this.parts.vectors);
    log.info(`discovery: ${engine.reason}`);
    const index = this.#addPool(engine.threads);
    this.#index = index;
    // Listen first: what changes while the index loads is then read again, and not missed.
    this.#silence = [
      feed.on('marquee_title', () => this.#soonMake()),
      feed.on('marquee_profile', (id) => this.#soonRefresh(id)),
      feed.on('reconnected', () => {
        this.#gone = null;
        this.#soonMake();
        this.#soonRefresh('');
      }),
    ];
    const { models } = await readManifest(packFolder);
    await renewForeignProfiles(pool, models.TEXT);
    const startedAt = performance.now();
    await index.prepare('open', { url, packFolder, engine: engine.kind });
    const { titles } = await index.run('measure', undefined);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    log.info(`discovery: ${titles} titles after ${seconds} s`);
    const timer = setInterval(() => {
      this.#soonMake();
      this.#soonRefresh('');
    }, LOOK_ANYWAY_MS).unref();
    this.#silence.push(() => clearInterval(timer));
    this.#soonMake();
    return index;
  }

  /** One run at a time, and one more for whatever was asked for meanwhile. */
  #soonMake(): void {
    this.#wantsMaking = true;
    this.#making ??= this.#makeWhileWanted();
  }

  async #makeWhileWanted(): Promise<void> {
    while (this.#wantsMaking && !this.#stop.signal.aborted) {
      this.#wantsMaking = false;
      await this.makeProfiles().catch((error) =>
        this.parts.log.error({ err: error }, 'profiles could not be made; they are tried again'),
      );
    }
    this.#making = null;
  }

  /** @param gone a title that is no more, or '' for profiles that were written */
  #soonRefresh(gone: string): void {
    if (gone !== '') this.#gone?.push(gone);
    this.#wantsRefresh = true;
    this.#refreshing ??= this.#refreshWhileWanted();
  }

  async #refreshWhileWanted(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#wantsRefresh && !signal.aborted) {
      await setTimeout(GATHER_MS, undefined, { signal }).catch(() => undefined);
      this.#wantsRefresh = false;
      if (signal.aborted) return;
      await this.refresh().catch((error) =>
        this.parts.log.error({ err: error }, 'the index could not follow'),
      );
    }
    this.#refreshing = null;
  }

  async #newest({ restriction, disliked, first }: RankRequest): Promise<RankedTitle[]> {
    const rows = await this.parts.prisma.$queryRaw<{ id: string }[]>`
      SELECT t."id" FROM "Title" t JOIN "TitleProfile" f ON f."titleId" = t."id"
      WHERE t."id" <> ALL(${[...disliked]}::text[]) AND ${restrictionCondition(restriction)}
      ORDER BY t."createdAt" DESC, t."id" DESC LIMIT ${first}`;
    return rows.map(({ id }) => ({ id, score: 0, because: null, reasons: [] }));
  }

  /** Reasons with whole words for stems. @param ids of the titles whose texts have the words, one for each list */
  async #inWords(ids: readonly string[], reasons: Reason[][]): Promise<Reason[][]> {
    const stemsOf = reasons.map((list) => list.find(({ aspect }) => aspect === 'WORDS')?.shared ?? []);
    const wanted = [...new Set(ids.filter((_, i) => stemsOf[i]!.length > 0))];
    if (wanted.length === 0) return reasons;
    const rows = await this.parts.prisma.$queryRaw<{ id: string; text: string }[]>`
      SELECT t."id", concat_ws(' ', t."synopsis", (
        SELECT left(string_agg(n."text", ' ' ORDER BY n."index"), 20000)
        FROM "Line" n JOIN "TitleProfile" f ON f."titleId" = t."id" JOIN "Prediction" p ON p."id" = f."predictionId"
        WHERE n."trailerId" = p."trailerId")) AS "text"
      FROM "Title" t WHERE t."id" = ANY(${wanted}::text[])`;
    const textOf = new Map(rows.map(({ id, text }) => [id, text]));
    const index = await this.start();
    const words = await index.run('spellWords', {
      texts: ids.map((id, i) => ({ text: textOf.get(id) ?? '', stems: stemsOf[i]! })),
    });
    return reasons.map((list, i) =>
      list.map((reason) => (reason.aspect === 'WORDS' ? { ...reason, shared: words[i]! } : reason)),
    );
  }
}

/** Threads run the built code, also when this file runs from its TypeScript source in a test. */
function threadEntry(): URL {
  const here = fileURLToPath(import.meta.url).replace('/src/discovery/', '/dist/discovery/');
  return new URL('./thread.js', `file://${here}`);
}
