import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphBuilder } from '../../src/inference/onnx/graph.js';
import { modelBytes } from '../../src/inference/onnx/model-file.js';

export type Feeds = Record<string, Tensor>;

/** Opens a graph as the product does: on the processor, one thread. */
export async function openGraph(builder: GraphBuilder): Promise<InferenceSession> {
  return InferenceSession.create(await modelBytes(builder), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}

export async function runGraph(builder: GraphBuilder, feeds: Feeds): Promise<Record<string, Tensor>> {
  const session = await openGraph(builder);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

export function tokensTensor(rows: number[][], padding = 0): Feeds {
  const places = Math.max(...rows.map((row) => row.length));
  const dims = [rows.length, places];
  const padded = rows.flatMap((row) => [...row, ...new Array<number>(places - row.length).fill(padding)]);
  const mask = rows.flatMap((row) => Array.from({ length: places }, (_, i) => (i < row.length ? 1 : 0)));
  return {
    tokens: new Tensor('int64', BigInt64Array.from(padded, BigInt), dims),
    mask: new Tensor('int32', Int32Array.from(mask), dims),
  };
}

/** Largest difference over the largest magnitude of the truth. */
export function relativeError(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  let difference = found.length === truth.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < truth.length; i++) {
    difference = Math.max(difference, Math.abs(found[i]! - truth[i]!));
    largest = Math.max(largest, Math.abs(truth[i]!));
    if (Number.isNaN(found[i]!)) return Number.POSITIVE_INFINITY;
  }
  return difference / largest;
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return product / Math.sqrt(aa * bb);
}

/** The numbers of a float32 output. */
export function numbers(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}
