import { afterAll, describe, expect, test } from 'vitest';
import { buildBert } from '../../src/inference/architectures/bert.js';
import { bucketOf, buildMpnet } from '../../src/inference/architectures/mpnet.js';
import { Checkpoint } from '../../src/inference/checkpoint.js';
import type { Precision } from '../../src/inference/onnx/graph.js';
import { bertDims, mpnetDims } from './architectures.js';
import { writeCheckpoint } from './random-checkpoint.js';
import type { Matrix } from './reference/arithmetic.js';
import { bert, meanOfUnitLength, mpnet } from './reference/text.js';
import { cosine, numbers, relativeError, runGraph, tokensTensor } from './run-graph.js';

const SHAPE = {
  hidden_size: 60,
  num_hidden_layers: 3,
  num_attention_heads: 5,
  intermediate_size: 132,
  hidden_act: 'gelu',
  vocab_size: 97,
  max_position_embeddings: 150,
};
const bertConfig = { model_type: 'bert', layer_norm_eps: 1e-12, ...SHAPE };
const mpnetConfig = {
  model_type: 'mpnet',
  layer_norm_eps: 1e-5,
  relative_attention_num_buckets: 32,
  ...SHAPE,
};

/** Three sentences of 3, 17 and 141 tokens in one padded batch: the last reaches the farthest relative positions. */
const sentences = [3, 17, 141].map((length, row) =>
  Array.from({ length }, (_, i) => 3 + ((i * 7 + row * 31) % 90)),
);
const bertCheckpoint = await writeCheckpoint(bertConfig, bertDims(bertConfig), { seed: 7 });
const mpnetCheckpoint = await writeCheckpoint(mpnetConfig, mpnetDims(mpnetConfig), { seed: 8 });
const architectures = [
  {
    name: 'BERT',
    checkpoint: await Checkpoint.open(bertCheckpoint.folder),
    build: buildBert,
    truth: sentences.map((tokens) => bert(bertCheckpoint.tensors, bertConfig, tokens)),
  },
  {
    name: 'MPNet',
    checkpoint: await Checkpoint.open(mpnetCheckpoint.folder),
    build: buildMpnet,
    truth: sentences.map((tokens) => mpnet(mpnetCheckpoint.tensors, mpnetConfig, tokens)),
  },
];
afterAll(async () => {
  for (const { checkpoint } of architectures) await checkpoint.close();
});

describe.each(architectures)('$name against its float64 reference', ({ checkpoint, build, truth }) => {
  const run = (precision: Precision) =>
    runGraph(build(checkpoint, { precision, pooling: 'mean', unitLength: true }), tokensTensor(sentences, 1));
  const width = SHAPE.hidden_size;

  test('in float32 every token of a padded batch differs by 1e-4 at most', async () => {
    const { states, embedding } = await run('float32');
    const places = states!.dims[1]!;
    truth.forEach((rows, i) => {
      const start = i * places * width;
      const own = numbers(states).subarray(start, start + rows.length * width);
      expect(relativeError(own, flat(rows))).toBeLessThan(1e-4);
      const pooled = numbers(embedding).subarray(i * width, (i + 1) * width);
      expect(relativeError(pooled, meanOfUnitLength(rows))).toBeLessThan(1e-4);
    });
  });

  test('in float16 the sentence vectors differ by 1e-2 at most', async () => {
    const { embedding } = await run('float16');
    truth.forEach((rows, i) => {
      const pooled = numbers(embedding).subarray(i * width, (i + 1) * width);
      expect(relativeError(pooled, meanOfUnitLength(rows))).toBeLessThan(1e-2);
    });
  });

  test('in int8 the sentence vectors keep a cosine of 0.99 or more', async () => {
    const { embedding } = await run('int8');
    truth.forEach((rows, i) => {
      const pooled = numbers(embedding).subarray(i * width, (i + 1) * width);
      expect(cosine(pooled, meanOfUnitLength(rows))).toBeGreaterThan(0.99);
    });
  });
});

test('pooling cls without unit length gives the first token as it is', async () => {
  const [{ checkpoint, truth }] = architectures as [(typeof architectures)[0]];
  const graph = buildBert(checkpoint, { precision: 'float32', pooling: 'cls', unitLength: false });
  const { embedding } = await runGraph(graph, tokensTensor([sentences[1]!]));
  expect(relativeError(numbers(embedding), truth[1]![0]!)).toBeLessThan(1e-4);
});

test('a checkpoint whose tensors begin with bert. is the same model', async () => {
  const prefixed = await writeCheckpoint(bertConfig, bertDims(bertConfig, 'bert.'), { seed: 7 });
  const checkpoint = await Checkpoint.open(prefixed.folder);
  const graph = buildBert(checkpoint, { precision: 'float32', pooling: 'cls', unitLength: false });
  const { embedding } = await runGraph(graph, tokensTensor([sentences[0]!]));
  expect(relativeError(numbers(embedding), architectures[0]!.truth[0]![0]!)).toBeLessThan(1e-4);
  await checkpoint.close();
});

test('a checkpoint of another architecture is refused with the reason', async () => {
  const checkpoint = architectures[1]!.checkpoint;
  expect(() => buildBert(checkpoint, { precision: 'float32', pooling: 'mean', unitLength: true })).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringContaining('model_type') }),
  );
});

test('distances fall into 32 buckets: each to 7 its own, then logarithmic, from 91 on the last, later keys above', () => {
  expect([0, -1, -7, -8, -12, -16, -23, -32, -64, -91, -500].map((d) => bucketOf(d, 32))).toEqual([
    0, 1, 7, 8, 9, 10, 11, 12, 14, 15, 15,
  ]);
  expect([1, 7, 8, 500].map((d) => bucketOf(d, 32))).toEqual([17, 23, 24, 31]);
});

function flat(rows: Matrix): number[] {
  return rows.flatMap((row) => [...row]);
}
