import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bertDims, mpnetDims, videomaeDims, whisperDims } from '../../test/inference/architectures.js';

/** Random weights in the real shapes of the full pack's models: speed does not depend on what the numbers are. */
const TEXT = { num_hidden_layers: 12, num_attention_heads: 12, hidden_act: 'gelu' };
const mpnet = {
  model_type: 'mpnet',
  hidden_size: 768,
  intermediate_size: 3072,
  layer_norm_eps: 1e-5,
  vocab_size: 30_527,
  max_position_embeddings: 514,
  relative_attention_num_buckets: 32,
  ...TEXT,
};
const minilm = {
  ...TEXT,
  model_type: 'bert',
  hidden_size: 384,
  num_hidden_layers: 6,
  intermediate_size: 1536,
  layer_norm_eps: 1e-12,
  vocab_size: 30_522,
  max_position_embeddings: 512,
};
const videomae = {
  model_type: 'videomae',
  image_size: 224,
  patch_size: 16,
  num_frames: 16,
  tubelet_size: 2,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  use_mean_pooling: false,
};
const whisper = {
  model_type: 'whisper',
  d_model: 512,
  num_mel_bins: 80,
  encoder_layers: 6,
  encoder_attention_heads: 8,
  encoder_ffn_dim: 2048,
  decoder_layers: 6,
  decoder_attention_heads: 8,
  decoder_ffn_dim: 2048,
  max_source_positions: 1500,
  max_target_positions: 448,
  vocab_size: 51_865,
  activation_function: 'gelu',
};

export const FULL_SIZE = {
  'whisper-base': { config: whisper, dims: whisperDims(whisper) },
  'videomae-base': { config: videomae, dims: videomaeDims(videomae) },
  'all-mpnet-base-v2': { config: mpnet, dims: mpnetDims(mpnet) },
  'all-MiniLM-L6-v2': { config: minilm, dims: bertDims(minilm) },
};
export type FullSizeName = keyof typeof FULL_SIZE;

/** The checkpoint's folder below `root`, written at the first call (a few hundred megabytes each). */
export async function fullSizeCheckpoint(root: string, name: FullSizeName): Promise<string> {
  const folder = path.join(root, name);
  const file = path.join(folder, 'model.safetensors');
  if (await stat(file).catch(() => null)) return folder;
  const { config, dims } = FULL_SIZE[name];
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  await writeRandom(`${file}.draft`, dims);
  await rename(`${file}.draft`, file);
  return folder;
}

async function writeRandom(file: string, dims: Record<string, number[]>): Promise<void> {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of Object.entries(dims)) {
    const bytes = sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const handle = await open(file, 'w');
  const next = xorshift(1);
  await handle.write(Buffer.concat([length, text]));
  for (const [name, shape] of Object.entries(dims))
    await handle.write(new Uint8Array(random(name, shape, next).buffer));
  await handle.close();
}

/** Uniform numbers of deviation 1/√inputs, gains of norms near 1, so that signals keep their size. */
function random(name: string, shape: number[], next: () => number): Float32Array {
  const size = sizeOf(shape);
  const isGain = shape.length === 1 && name.endsWith('weight');
  const deviation = shape.length > 1 && !name.includes('embed') ? 1 / Math.sqrt(size / shape[0]!) : 0.1;
  const numbers = new Float32Array(size);
  for (let i = 0; i < size; i++) numbers[i] = next() * deviation * Math.sqrt(12) + (isGain ? 1 : 0);
  return numbers;
}

/** −0.5 … 0.5. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
}

function sizeOf(shape: number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
