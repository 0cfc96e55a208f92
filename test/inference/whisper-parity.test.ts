import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { buildWhisperDecoder } from '../../src/inference/architectures/whisper-decoder.js';
import { buildWhisperEncoder } from '../../src/inference/architectures/whisper-encoder.js';
import { Checkpoint } from '../../src/inference/checkpoint.js';
import type { Precision } from '../../src/inference/onnx/graph.js';
import { whisperDims } from './architectures.js';
import { gaussian, seeded, writeCheckpoint } from './random-checkpoint.js';
import { whisperDecoder, whisperEncoder } from './reference/whisper.js';
import { cosine, type Feeds, numbers, openGraph, relativeError } from './run-graph.js';

const config = {
  model_type: 'whisper',
  d_model: 44,
  num_mel_bins: 13,
  encoder_layers: 3,
  encoder_attention_heads: 4,
  encoder_ffn_dim: 92,
  decoder_layers: 2,
  decoder_attention_heads: 4,
  decoder_ffn_dim: 100,
  max_source_positions: 33,
  max_target_positions: 20,
  vocab_size: 71,
  activation_function: 'gelu',
};
const HEADS = 4;
const HEAD_WIDTH = 11;
const VOCABULARY = 71;

const random = seeded(12);
const mels = [0, 1].map(() =>
  Array.from({ length: 13 }, () => Float64Array.from({ length: 66 }, () => Math.fround(gaussian(random)))),
);
const { folder, tensors } = await writeCheckpoint(config, whisperDims(config), { seed: 2 });
const states = mels.map((mel) => whisperEncoder(tensors, config, mel));
const checkpoint = await Checkpoint.open(folder);
afterAll(() => checkpoint.close());

/** Four rows, two a window, which agree in nothing. */
const rows = [0, 1, 2, 3].map((row) =>
  Array.from({ length: 9 }, (_, i) => (i * 13 + row * 29 + 5) % VOCABULARY),
);
const windowOfRow = [0, 0, 1, 1];
/** [row][place] → logits. */
const truth = rows.map((tokens, row) => whisperDecoder(tensors, config, states[windowOfRow[row]!]!, tokens));

describe('Whisper against its float64 reference', () => {
  test('in float32, fed a prompt and then token by token with its cache, every logit differs by 1e-4 at most', async () => {
    const decoded = await decode('float32', [4, 1, 1, 3]);
    for (const { place, row, logits } of decoded) {
      expect(relativeError(logits, truth[row]![place]!)).toBeLessThan(1e-4);
    }
    expect(decoded).toHaveLength(9 * rows.length);
  });

  test('in float16 by 1e-2 at most', async () => {
    for (const { place, row, logits } of await decode('float16', [4, 1, 4])) {
      expect(relativeError(logits, truth[row]![place]!)).toBeLessThan(1e-2);
    }
  });

  test('in int8 the logits keep a cosine of 0.99 or more', async () => {
    for (const { place, row, logits } of await decode('int8', [4, 1, 4])) {
      expect(cosine(logits, truth[row]![place]!)).toBeGreaterThan(0.99);
    }
  });
});

/** Feeds all rows in steps of the given lengths, asking for the logits of every place. */
async function decode(precision: Precision, lengths: number[]) {
  const encoder = await openGraph(buildWhisperEncoder(checkpoint, precision));
  const decoder = await openGraph(buildWhisperDecoder(checkpoint, precision));
  const mel = new Tensor(
    'float32',
    Float32Array.from(mels.flatMap((bins) => bins.flatMap((bin) => [...bin]))),
    [2, 13, 66],
  );
  const heard = await encoder.run({ mel });
  let past = emptyCache(decoder);
  const decoded: { row: number; place: number; logits: Float32Array }[] = [];
  for (let fed = 0, step = 0; step < lengths.length; step++) {
    const length = lengths[step]!;
    const { logits, ...grown } = await decoder.run({ ...heard, ...past, ...feed(fed, length) });
    rows.forEach((_, row) => {
      for (let i = 0; i < length; i++) {
        const start = (row * length + i) * VOCABULARY;
        decoded.push({ row, place: fed + i, logits: numbers(logits).subarray(start, start + VOCABULARY) });
      }
    });
    past = Object.fromEntries(Object.entries(grown).map(([name, tensor]) => [`past_${name}`, tensor]));
    fed += length;
  }
  await encoder.release();
  await decoder.release();
  return decoded;
}

function feed(from: number, length: number): Feeds {
  const tokens = rows.flatMap((row) => row.slice(from, from + length));
  return {
    tokens: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [rows.length, length]),
    wanted: new Tensor(
      'int64',
      BigInt64Array.from({ length }, (_, i) => BigInt(i)),
      [length],
    ),
  };
}

function emptyCache(decoder: InferenceSession): Feeds {
  const names = decoder.inputNames.filter((name) => name.startsWith('past_'));
  const metadata = new Map(decoder.inputMetadata.map((input) => [input.name, input]));
  return Object.fromEntries(
    names.map((name) => {
      const input = metadata.get(name);
      const half = input?.isTensor === true && input.type === 'float16';
      const dims = [rows.length, HEADS, 0, HEAD_WIDTH];
      return [
        name,
        half
          ? new Tensor('float16', new Uint16Array(0), dims)
          : new Tensor('float32', new Float32Array(0), dims),
      ];
    }),
  );
}
