import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { convertCheckpoint } from '../src/inference/convert.js';
import type { Precision } from '../src/inference/onnx/graph.js';
import { openOnnx } from '../src/inference/onnx-session.js';
import { encodeTokens } from '../src/signals/sentence.js';
import { Whisper } from '../src/signals/whisper.js';
import { type FullSizeName, fullSizeCheckpoint } from './models/checkpoints.js';
import { openMatrixProduct, PRODUCT_FLOP } from './models/matrix-peak.js';
import { openTheirSentences, openTheirWhisper, openTransformersJs } from './models/transformers-js.js';

/** Where the random checkpoints and the graphs made of them are kept between runs (about 4 GB). */
const ROOT = path.resolve('.marquee/bench');
const ROUNDS = 4;
const TOKENS = 100;
/** A trailer of 150 s in which somebody speaks all the time. */
const WINDOWS = 5;
const START_OF_TRANSCRIPT = 50_258;
const END_OF_TEXT = 50_257;
/** Lines of a trailer: 3 to 30 tokens. */
const LINE_TOKENS = Array.from({ length: 48 }, (_, i) => 3 + ((i * 17) % 28));
/**
 * One clip of 16 × 224 × 224 through VideoMAE-base: 1,568 tokens, width 768, 12 layers of
 * 12·768² weights and 2·1,568·768 products of scores and values a token, twice (multiply and add), and the patches.
 */
const CLIP_FLOP = 2 * 1568 * (12 * (12 * 768 ** 2 + 2 * 1568 * 768) + 1536 * 768); // 359.9 GFLOP

interface Row {
  what: string;
  milliseconds: number;
  note: string;
}

/** How everything in one run is measured. */
interface Terms {
  threads: number;
  /** Milliseconds so far: by the wall, or of the processor. */
  clock(): number;
}

const PROCESSOR = 'processor time, one thread each';
const WALL = 'wall time';

/**
 * Ours beside transformers.js on the same random weights of full size, the two taking turns. With `--one-thread`
 * both get one thread and are compared by processor time, which a busy machine disturbs least.
 * @param args which of videomae, sentences and whisper; none: all
 */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const oneThread = args.includes('--one-thread');
  const chosen = args.filter((word) => word !== '--one-thread');
  const wanted = chosen.length > 0 ? chosen : ['videomae', 'sentences', 'whisper'];
  const terms: Terms = oneThread
    ? { threads: 1, clock: processorTime }
    : { threads: availableParallelism(), clock: () => performance.now() };
  const rows: Row[] = [];
  if (wanted.includes('videomae')) rows.push(...(await benchVideomae(terms)));
  if (wanted.includes('sentences')) rows.push(...(await benchSentences(terms)));
  if (wanted.includes('whisper')) rows.push(...(await benchWhisper(terms)));
  const measure = oneThread ? PROCESSOR : WALL;
  process.stdout.write(
    json
      ? `${JSON.stringify({ measure, threads: terms.threads, rows }, null, 2)}
`
      : `${measure}, best of ${ROUNDS}
${table(rows)}
`,
  );
}

async function benchVideomae({ threads, clock }: Terms): Promise<Row[]> {
  const product = await openMatrixProduct(threads);
  const clip = Uint8Array.from({ length: 16 * 224 * 224 * 3 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const frames = new Tensor('uint8', clip, [1, 16, 224, 224, 3]);
  const float = await openOurs('videomae-base', 'float32', threads);
  const small = await openOurs('videomae-base', 'int8', threads);
  const times = await takeTurns(clock, {
    product: () => product.run(),
    float32: () => float.run({ frames }),
    int8: () => small.run({ frames }),
  });
  await Promise.all([product.close(), float.close(), small.close()]);
  const peak = PRODUCT_FLOP / times.product;
  const share = CLIP_FLOP / times.float32 / peak;
  return [
    {
      what: 'matrix product 2048³ float32',
      milliseconds: times.product,
      note: gigaflops(PRODUCT_FLOP, times.product),
    },
    {
      what: 'VideoMAE-base clip, float32',
      milliseconds: times.float32,
      note: `${gigaflops(CLIP_FLOP, times.float32)}, ${Math.round(100 * share)} % of the product's`,
    },
    {
      what: 'VideoMAE-base clip, int8',
      milliseconds: times.int8,
      note: faster(times.float32, times.int8, 'float32'),
    },
  ];
}

async function benchSentences({ threads, clock }: Terms): Promise<Row[]> {
  const checkpoint = await fullSizeCheckpoint(ROOT, 'all-mpnet-base-v2');
  const theirs = await openTheirSentences(await openTransformersJs(ROOT), ROOT, checkpoint, threads);
  const float = await openOurs('all-mpnet-base-v2', 'float32', threads);
  const small = await openOurs('all-mpnet-base-v2', 'int8', threads);
  const lines = LINE_TOKENS.map((length, row) =>
    Array.from({ length }, (_, i) => 1000 + ((i * 7919 + row * 104_729) % 29_000)),
  );
  const expected = await theirs.embed(lines);
  const likeness = (vectors: Float32Array[]) => {
    const cosines = vectors.map((vector, i) =>
      vector.reduce((sum, v, k) => sum + v * expected[i * vector.length + k]!, 0),
    );
    return Math.min(...cosines).toFixed(4);
  };
  const alike = {
    float32: likeness(await encodeTokens(float, lines)),
    int8: likeness(await encodeTokens(small, lines)),
  };
  const times = await takeTurns(clock, {
    theirs: () => theirs.embed(lines),
    float32: () => encodeTokens(float, lines),
    int8: () => encodeTokens(small, lines),
  });
  await Promise.all([theirs.close(), float.close(), small.close()]);
  return [
    {
      what: '48 lines through all-mpnet-base-v2, transformers.js',
      milliseconds: times.theirs,
      note: 'float32, its default',
    },
    {
      what: '  ours, float32',
      milliseconds: times.float32,
      note: `${faster(times.theirs, times.float32, 'transformers.js')}, cosine ≥ ${alike.float32}`,
    },
    {
      what: '  ours, int8',
      milliseconds: times.int8,
      note: `${faster(times.theirs, times.int8, 'transformers.js')}, cosine ≥ ${alike.int8}`,
    },
  ];
}

async function benchWhisper({ threads, clock }: Terms): Promise<Row[]> {
  const checkpoint = await fullSizeCheckpoint(ROOT, 'whisper-base');
  const peer = await openTransformersJs(ROOT);
  const theirs = await openTheirWhisper(peer, ROOT, checkpoint, { threads, dtype: 'fp32' });
  const theirSmall = await openTheirWhisper(peer, ROOT, checkpoint, { threads, dtype: 'q8' });
  const options = { name: 'whisper-base', cacheFolder: path.join(ROOT, 'onnx'), threads };
  const float = await Whisper.open(checkpoint, { ...options, precision: 'float32' });
  const small = await Whisper.open(checkpoint, { ...options, precision: 'int8' });
  const mel = Float32Array.from({ length: 80 * 3000 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.0011));
  const mels = new Float32Array(WINDOWS * mel.length);
  for (let window = 0; window < WINDOWS; window++) mels.set(mel, window * mel.length);
  const same = (await theirs.transcribe(mel, TOKENS)).join() === (await greedy(float, mel, 1))[0]!.join();
  const one = await takeTurns(clock, {
    theirs: () => theirs.transcribe(mel, TOKENS),
    theirSmall: () => theirSmall.transcribe(mel, TOKENS),
    float32: () => greedy(float, mel, 1),
    int8: () => greedy(small, mel, 1),
  });
  const many = await takeTurns(clock, {
    theirs: async () => {
      for (let window = 0; window < WINDOWS; window++) await theirs.transcribe(mel, TOKENS);
    },
    theirSmall: async () => {
      for (let window = 0; window < WINDOWS; window++) await theirSmall.transcribe(mel, TOKENS);
    },
    float32: () => greedy(float, mels, WINDOWS),
    int8: () => greedy(small, mels, WINDOWS),
  });
  await Promise.all([theirs.close(), theirSmall.close(), float.close(), small.close()]);
  const others = (times: typeof one) => [
    {
      what: '  transformers.js, q8',
      milliseconds: times.theirSmall,
      note: `${faster(times.theirs, times.theirSmall, 'its float32')}, its default in browsers`,
    },
    {
      what: '  ours, float32',
      milliseconds: times.float32,
      note: `${faster(times.theirs, times.float32, 'transformers.js')}, ${same ? 'the same tokens' : 'OTHER TOKENS'}`,
    },
    {
      what: '  ours, int8',
      milliseconds: times.int8,
      note: `${faster(times.theirs, times.int8, 'transformers.js')}, ${faster(times.theirSmall, times.int8, 'its q8')}`,
    },
  ];
  return [
    {
      what: `whisper-base, one window of 30 s and ${TOKENS} tokens, transformers.js`,
      milliseconds: one.theirs,
      note: 'float32, its default',
    },
    ...others(one),
    {
      what: `whisper-base, ${WINDOWS} windows, ${TOKENS} tokens each, transformers.js`,
      milliseconds: many.theirs,
      note: 'one after the other, as its pipeline does',
    },
    ...others(many),
  ];
}

async function openOurs(name: FullSizeName, precision: Precision, threads: number) {
  const folder = await fullSizeCheckpoint(ROOT, name);
  const { files } = await convertCheckpoint(folder, { precision, cacheFolder: path.join(ROOT, 'onnx') });
  return openOnnx(files.graph!, { threads });
}

/** `TOKENS` tokens after the start token for each window, all windows together, the end of the text forbidden. */
async function greedy(whisper: Whisper, mel: Float32Array, windows: number): Promise<number[][]> {
  const { vocabulary } = whisper.shape;
  const encoded = await whisper.encode(mel, windows);
  const decoding = encoded.decode(Array.from({ length: windows }, (_, i) => i));
  const tokens: number[][] = Array.from({ length: windows }, () => []);
  let last = new Int32Array(windows).fill(START_OF_TRANSCRIPT);
  for (let step = 0; step < TOKENS; step++) {
    const logits = await decoding.feed(last, 1, [0]);
    last = last.map((_, row) => {
      const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      own[END_OF_TEXT] = Number.NEGATIVE_INFINITY;
      return highest(own);
    });
    tokens.forEach((row, i) => {
      row.push(last[i]!);
    });
  }
  decoding.release();
  encoded.release();
  return tokens;
}

function highest(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

/** The best times of each in milliseconds; they take turns, so that a busy moment of the machine meets them all. */
async function takeTurns<K extends string>(
  clock: () => number,
  work: Record<K, () => Promise<unknown>>,
): Promise<Record<K, number>> {
  const names = Object.keys(work) as K[];
  const best = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY])) as Record<K, number>;
  for (const name of names) await work[name]();
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const start = clock();
      await work[name]();
      best[name] = Math.min(best[name], clock() - start);
    }
  }
  return best;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function gigaflops(flop: number, milliseconds: number): string {
  return `${Math.round(flop / milliseconds / 1e6)} GFLOP/s`;
}

function faster(theirs: number, ours: number, than: string): string {
  return `${(theirs / ours).toFixed(2)} × ${than}`;
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map((row) => row.what.length));
  return rows
    .map((row) => `${row.what.padEnd(width)}  ${row.milliseconds.toFixed(0).padStart(7)} ms  ${row.note}`)
    .join('\n');
}
