import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Tensors by name, as the references read them: row-major. */
export type Tensors = Record<string, { dims: number[]; data: Float32Array }>;

export interface RandomCheckpoint {
  folder: string;
  config: Record<string, unknown>;
  tensors: Tensors;
}

/** mulberry32: the same numbers for the same seed, 0 … 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About normal: mean 0, deviation 1. */
export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Fills tensors so that signals neither vanish nor explode through the layers: weights of deviation 1/√inputs,
 * biases and positions around 0, gains of norms around 1.
 */
export function randomTensors(dims: Record<string, number[]>, seed: number): Tensors {
  const random = seeded(seed);
  const tensors: Tensors = {};
  for (const [name, shape] of Object.entries(dims)) {
    const size = shape.reduce((product, n) => product * n, 1);
    const isGain = shape.length === 1 && name.endsWith('weight');
    const spread = shape.length > 1 && !name.includes('embed') ? 1 / Math.sqrt(size / shape[0]!) : 0.3;
    const data = Float32Array.from({ length: size }, () => gaussian(random) * spread + (isGain ? 1 : 0));
    tensors[name] = { dims: shape, data };
  }
  return tensors;
}

/** Writes a checkpoint folder in the hub's layout; `shards` spreads the tensors over that many files. */
export async function writeCheckpoint(
  config: Record<string, unknown>,
  dims: Record<string, number[]>,
  { seed = 1, shards = 1 }: { seed?: number; shards?: number } = {},
): Promise<RandomCheckpoint> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-checkpoint-'));
  const tensors = randomTensors(dims, seed);
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  const names = Object.keys(tensors);
  if (shards === 1) {
    await writeFile(path.join(folder, 'model.safetensors'), safetensorsBytes(tensors));
    return { folder, config, tensors };
  }
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
    const own = names.filter((_, i) => i % shards === shard);
    for (const name of own) weightMap[name] = file;
    await writeFile(
      path.join(folder, file),
      safetensorsBytes(Object.fromEntries(own.map((name) => [name, tensors[name]!]))),
    );
  }
  await writeFile(
    path.join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
  return { folder, config, tensors };
}

export function safetensorsBytes(tensors: Tensors): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { dims, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bodies = Object.values(tensors).map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  return Buffer.concat([length, text, ...bodies]);
}
