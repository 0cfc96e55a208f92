import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config.js';
import { asFailure, Failure } from '../failure.js';
import type { ThreadPool } from '../inference/threads.js';
import { DECODE_VERSION } from '../media/decode-folder.js';
import { fetchTrailer } from '../media/fetch.js';
import type { FetchedTrailer } from '../media/source.js';
import { readCaptions } from '../media/subtitles.js';
import type { Signal, SignalEmbedding } from '../signals/signal.js';
import type { RowMeasures, TrainingRow } from '../tagging/training-row.js';
import type { PackIdentity } from './pack-identity.js';
import type { AnalysisTasks, DecodeInput } from './tasks.js';
import { chooseTranscript, recognisedTranscript } from './transcript.js';

/** Raise it when the same file and encoders give other rows. */
const VERSION = '1';

export interface RowEmbedding {
  config: Config;
  pack: PackIdentity;
  threads: ThreadPool<AnalysisTasks>;
  signal: AbortSignal;
}

/** What is kept of one trailer. */
interface Embedded {
  lines: string[];
  vectors: Partial<Record<Signal, number[]>>;
  models: Partial<Record<Signal, string>>;
  measures: RowMeasures;
}

/**
 * The rows with the vectors of their media, and with the words where the row brings none. Trailers go through the
 * pipeline's own decoding and encoders; what was embedded once is kept in the data folder, by content and encoders.
 * @param progress told after each trailer
 * @returns the rows, and which encoders made the vectors
 * @throws the Failures of fetching, probing and decoding, each naming its row
 */
export async function embedRows(
  rows: readonly TrainingRow[],
  embedding: RowEmbedding,
  progress: (done: number, of: number) => void,
): Promise<{ rows: TrainingRow[]; models: Partial<Record<Signal, string>> }> {
  const of = rows.filter(({ media }) => media !== null).length;
  const models: Partial<Record<Signal, string>> = {};
  let done = 0;
  const waiting = [...rows.keys()];
  const out: TrainingRow[] = rows.slice();
  const work = async () => {
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const row = rows[place]!;
      if (row.media === null) continue;
      const found = await embedOnce(row.media, embedding).catch((error) => {
        const { code, message } = asFailure(error);
        throw new Failure(code, `Row ${row.id}, ${row.media}: ${message}`, { cause: error });
      });
      Object.assign(models, found.models);
      out[place] = withEmbedding(row, found);
      progress(++done, of);
    }
  };
  await Promise.all(Array.from({ length: embedding.threads.size }, work));
  return { rows: out, models };
}

function withEmbedding(row: TrainingRow, { lines, vectors, measures }: Embedded): TrainingRow {
  return {
    ...row,
    ...(row.lines.length > 0 ? {} : { lines, register: 'SPEECH' }),
    vectors: Object.fromEntries(
      Object.entries(vectors).map(([signal, values]) => [signal, Float32Array.from(values)]),
    ),
    measures,
  };
}

async function embedOnce(media: string, embedding: RowEmbedding): Promise<Embedded> {
  const { config, pack } = embedding;
  const fetched = await fetchTrailer(
    { kind: 'PATH', path: media },
    {
      mediaRoots: [path.dirname(media)],
      storeFolder: path.join(config.dataFolder, 'store'),
      findUpload: async () => null,
      limits: config.limits,
      signal: embedding.signal,
    },
  );
  const made = [VERSION, DECODE_VERSION, ...pack.encoders, pack.recogniser ?? ''].join('\n');
  const version = createHash('sha256').update(made).digest('hex').slice(0, 16);
  const folder = path.join(config.dataFolder, 'training');
  const file = path.join(folder, `${fetched.contentHash}-${version}.json`);
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null) return JSON.parse(known) as Embedded;
  const found = await embedTrailer(fetched, embedding);
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomUUID()}.tmp`;
  await writeFile(draft, JSON.stringify(found));
  await rename(draft, file);
  return found;
}

async function embedTrailer(
  { path: file, contentHash, captions }: FetchedTrailer,
  { config, pack, threads, signal }: RowEmbedding,
): Promise<Embedded> {
  const facts = await threads.run('probe', { path: file, limits: config.limits }, { signal });
  const decode: DecodeInput = {
    ...{ path: file, facts, again: false },
    folder: path.join(config.dataFolder, 'decoded', contentHash),
  };
  const { subtitles } = await threads.run('decode', decode, { signal });
  const sidecars = await Promise.all(captions.map(readCaptions));
  const written = chooseTranscript([...sidecars, ...subtitles], facts.durationSeconds);
  const input = { decode, known: [], pack: pack.files };
  const { lines } =
    written.origin === null && pack.recogniser !== null
      ? recognisedTranscript(await threads.run('recognise', input, { signal }), facts.durationSeconds)
      : written;
  const embeddings = await threads.run('embed', { ...input, lines }, { signal });
  return {
    lines: lines.filter(({ kind }) => kind === 'SPEECH').map(({ text }) => text),
    ...vectorsOf(embeddings, pack),
    measures: measuresOf(embeddings, facts.durationSeconds),
  };
}

/** The last one of each signal: a full pack's clips come after the measures of its picture. */
function vectorsOf(embeddings: readonly SignalEmbedding[], { id }: PackIdentity) {
  const vectors: Embedded['vectors'] = {};
  const models: Embedded['models'] = {};
  for (const { signal, vector, model } of embeddings) {
    // The compact text encoder learned tags from public synopses, which may be these rows; the words are read anew.
    if (!vector || (signal === 'TEXT' && id === 'compact')) continue;
    vectors[signal] = [...vector];
    models[signal] = model;
  }
  return { vectors, models };
}

function measuresOf(embeddings: readonly SignalEmbedding[], seconds: number): RowMeasures {
  const measure = (signal: Signal, name: string) =>
    embeddings.find((one) => one.signal === signal && one.vector && name in one.measures)?.measures[name] ??
    null;
  return { seconds, light: measure('PICTURE', 'light'), musicShare: measure('SOUND', 'musicLikeShare') };
}
