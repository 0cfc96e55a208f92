import path from 'node:path';
import pg from 'pg';
import { readManifest } from '../inference/packs.js';
import type { Signal } from '../signals/signal.js';
import { sigmoid } from '../tagging/calibration.js';
import { fusionLayout, HEAD_FILE } from '../tagging/compact-tagger.js';
import { readHead } from '../tagging/head.js';
import { labelsOf, readTaxonomy } from '../tagging/taxonomy.js';
import { CatalogIndex } from './catalog-index.js';
import type { EngineKind } from './engine-choice.js';
import { IndexSource } from './index-source.js';
import type { IndexedLabel } from './label-table.js';
import { MemoryEngine } from './memory-engine.js';
import { PGVECTOR_SETTINGS, PgvectorEngine } from './pgvector-engine.js';
import type { Names } from './reasons.js';
import { findRules, type Shelving } from './row-rules.js';
import { SMALLEST_ROW } from './rows.js';
import { TextReader } from './text-reader.js';
import type { VectorEngine } from './vector-engine.js';

/** Statements that one thread has under way at a time. */
const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** The index of a thread, following the database. */
export class OpenIndex {
  #shelving: { changes: number; value: Shelving } | null = null;
  /** By their places. */
  readonly #stems: readonly string[];
  /** Changes are read one after the other. */
  #reading: Promise<void> = Promise.resolve();

  private constructor(
    readonly index: CatalogIndex,
    readonly engine: VectorEngine,
    readonly reader: TextReader,
    readonly database: pg.Pool,
    private readonly source: IndexSource,
  ) {
    this.#stems = [...reader.model.vocabulary.index.keys()];
  }

  /** Loads every profile. @throws when the database cannot be reached */
  static async open(input: { url: string; packFolder: string; engine: EngineKind }): Promise<OpenIndex> {
    const { models } = await readManifest(input.packFolder);
    const reader = await TextReader.load(input.packFolder);
    const index = await createIndex(input.packFolder, reader, input.engine === 'memory');
    const pool = new pg.Pool({
      connectionString: input.url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
      application_name: 'marquee index',
      ...(input.engine === 'pgvector' ? { options: PGVECTOR_SETTINGS } : {}),
    });
    // A connection that breaks is replaced at its next use.
    pool.on('error', () => undefined);
    const source = new IndexSource(pool, models);
    await source.readNewer(index);
    const engine =
      input.engine === 'memory'
        ? new MemoryEngine(index, pool)
        : await PgvectorEngine.open(index, pool, models);
    return new OpenIndex(index, engine, reader, pool, source);
  }

  /** Takes over what changed. @param gone titles that are no more; null: something may have been missed */
  async refresh(gone: readonly string[] | null): Promise<void> {
    const { index, source, engine } = this;
    this.#reading = this.#reading
      .catch(() => undefined)
      .then(async () => {
        await source.readNewer(index);
        await engine.refresh();
        if (gone === null) await source.dropGone(index);
        else for (const id of gone) index.remove(id);
      });
    await this.#reading;
  }

  get names(): Names {
    const labels = this.index.labels.labels.map(({ name }) => name);
    return { labels, stems: this.#stems };
  }

  /** What rows are made from, counted once for each state of the catalog. */
  get shelving(): Shelving {
    const { changes } = this.index;
    if (this.#shelving?.changes !== changes)
      this.#shelving = { changes, value: findRules(this.index, SMALLEST_ROW) };
    return this.#shelving.value;
  }

  async close(): Promise<void> {
    await this.#reading.catch(() => undefined);
    await this.database.end();
  }
}

/** An empty index for the pack's labels and vectors. */
export async function createIndex(
  packFolder: string,
  reader: TextReader,
  keepsVectors: boolean,
): Promise<CatalogIndex> {
  const taxonomy = await readTaxonomy(path.join(packFolder, '..', 'taxonomy.json'));
  const head = await readHead(path.join(packFolder, HEAD_FILE));
  const priorOf = new Map(head.labels.map(({ id, prior }) => [id, prior]));
  const labels = labelsOf(taxonomy).map(({ id, name }): IndexedLabel => {
    const share = sigmoid(priorOf.get(id) ?? Number.NEGATIVE_INFINITY);
    return { id, name, rarity: -Math.log(Math.min(0.9, Math.max(0.001, share))) };
  });
  const dimensions: Record<Signal, number> = fusionLayout(reader.model.layout.dense);
  return new CatalogIndex(labels, dimensions, keepsVectors);
}
