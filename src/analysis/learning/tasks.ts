import path from 'node:path';
import pg from 'pg';
import { Failure } from '../../failure.js';
import type { TaskContext } from '../../inference/threads.js';
import type { PackFiles } from '../../signals/pack.js';
import type { Signal } from '../../signals/signal.js';
import { nameClassifier, readClassifier } from '../../tagging/classifier-file.js';
import { readMapping, readTaxonomy } from '../../tagging/taxonomy.js';
import { shareOf, type TrainingOptions, trainClassifier } from '../../tagging/train-classifier.js';
import { readTrainingRows, type TrainingRow } from '../../tagging/training-row.js';
import type { ClassifierVersion } from '../classifier-files.js';
import { taggerOf } from '../loaded-taggers.js';
import { readCatalogRows } from './catalog-rows.js';
import { type RetaggedPage, type RetagPage, retagPage } from './retag-page.js';

/** Where the rows of a training come from. */
export type TrainingSource =
  /** `name` is what its sender calls it; `widths` are those of the vectors that the catalog has. */
  | { kind: 'FILE'; file: string; name: string; widths: Partial<Record<Signal, number>> }
  | { kind: 'CATALOG'; url: string; models: Partial<Record<Signal, string>> };

/** A classifier that is ready to be stored. */
export interface TrainedFile {
  bytes: Uint8Array;
  /** As in `Tagging.classifier`. */
  name: string;
  dataFingerprint: string;
  figures: Record<string, unknown>;
  /** Whose vectors it reads. */
  encoders: string[];
}

/** The thread's connections: one for each page that it works on. */
let connections: pg.Pool | null = null;

/** What a thread that learns or tags the catalog anew can do. */
export const tasks = {
  async retag(input: {
    url: string;
    pack: PackFiles;
    classifier: ClassifierVersion;
    page: RetagPage;
  }): Promise<RetaggedPage> {
    const tagger = await taggerOf(input.pack, input.classifier);
    return connectedTo(input.url, (client) => retagPage(client, tagger, input.page));
  },

  /** Trains on the catalog's taxonomy, for its labels are what the catalog can show. */
  async train(
    input: {
      source: TrainingSource;
      /** Holds the taxonomy, and the names that data use for its labels. */
      modelsFolder: string;
      options: Omit<TrainingOptions, 'taxonomy' | 'mapping' | 'groups'> & { groups: string[] };
    },
    { signal, progress }: TaskContext,
  ): Promise<TrainedFile> {
    const rows = await readRows(input.source, signal);
    const taxonomy = await readTaxonomy(path.join(input.modelsFolder, 'taxonomy.json'));
    const mapping = await readMapping(path.join(input.modelsFolder, 'label-mapping.json'), taxonomy);
    const groups = input.options.groups.length > 0 ? input.options.groups : groupsIn(rows);
    if (groups.length === 0) {
      throw new Failure('BAD_INPUT', 'No row has labels of genre, mood or theme.');
    }
    const { bytes, figures, fingerprint } = await trainClassifier(
      rows,
      { ...input.options, groups, taxonomy, mapping },
      (step) => progress(shareOf(step)),
      signal,
    );
    const { classifier } = readClassifier(bytes);
    return {
      ...{ bytes, figures, dataFingerprint: fingerprint, name: nameClassifier(bytes) },
      encoders: Object.values(classifier.models),
    };
  },

  /** Ends the connections, so that the thread can end. */
  async shut(): Promise<void> {
    const open = connections;
    connections = null;
    await open?.end();
  },
};

export type LearningTasks = typeof tasks;

async function readRows(source: TrainingSource, signal: AbortSignal): Promise<TrainingRow[]> {
  if (source.kind === 'CATALOG')
    return connectedTo(source.url, (client) => readCatalogRows(client, source.models));
  const rows: TrainingRow[] = [];
  try {
    for await (const row of readTrainingRows([source.file], signal)) {
      refuseForeignWidths(row, source.widths);
      rows.push(row);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Where the server keeps an upload is nobody's business.
    throw new Failure(error.code, error.message.replaceAll(source.file, source.name), { cause: error });
  }
  return rows;
}

/** What learned from other vectors than the catalog's would count those as absent. @throws Failure BAD_INPUT */
function refuseForeignWidths({ id, vectors }: TrainingRow, widths: Partial<Record<Signal, number>>): void {
  for (const [signal, vector] of Object.entries(vectors)) {
    const width = widths[signal as Signal];
    if (width === undefined || vector.length === width) continue;
    throw new Failure(
      'BAD_INPUT',
      `Row ${id} has a ${signal} vector of ${vector.length} numbers, the catalog's have ${width}: send vectors of this server's encoders, or leave them out.`,
    );
  }
}

/** The catalog's groups of which a row says something. */
function groupsIn(rows: readonly TrainingRow[]): string[] {
  const named = new Set(
    rows.flatMap(({ labels, soft }) =>
      [...Object.keys(labels), ...Object.keys(soft)].map((g) => g.toLowerCase()),
    ),
  );
  return ['genre', 'mood', 'theme'].filter((group) => named.has(group));
}

async function connectedTo<T>(url: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  connections ??= openConnections(url);
  const client = await connections.connect();
  try {
    const done = await work(client);
    client.release();
    return done;
  } catch (error) {
    client.release(true); // whatever state it is in, nobody else gets it
    throw error;
  }
}

function openConnections(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, keepAlive: true, application_name: 'marquee learning' });
  pool.on('error', () => undefined); // its next query says so
  // A trailer's lines stand side by side: read along their index they cost a third of what they cost as a bitmap, which
  // PostgreSQL 18 has another process read (22 and 53 ms of CPU for a page with its vectors). The planner thinks them equal.
  pool.on('connect', (client) => client.query('SET enable_bitmapscan = off').catch(() => undefined));
  return pool;
}
