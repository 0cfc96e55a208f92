import { Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { buildVideomae } from '../../src/inference/architectures/videomae.js';
import { Checkpoint } from '../../src/inference/checkpoint.js';
import { videomaeDims } from './architectures.js';
import { seeded, writeCheckpoint } from './random-checkpoint.js';
import { videomae } from './reference/videomae.js';
import { cosine, numbers, relativeError, runGraph } from './run-graph.js';

const config = {
  model_type: 'videomae',
  image_size: 24,
  patch_size: 8,
  num_frames: 6,
  tubelet_size: 2,
  hidden_size: 36,
  num_hidden_layers: 3,
  num_attention_heads: 3,
  intermediate_size: 76,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  use_mean_pooling: false,
};
const random = seeded(5);
const CLIP_BYTES = 6 * 24 * 24 * 3;
const clips = [0, 1].map(() => Uint8Array.from({ length: CLIP_BYTES }, () => Math.floor(random() * 256)));
const feeds = {
  frames: new Tensor('uint8', Buffer.concat(clips), [2, 6, 24, 24, 3]),
};
const pretrained = await writeCheckpoint(config, videomaeDims(config), { seed: 3 });
const truth = clips.map((clip) => videomae(pretrained.tensors, config, clip));

describe('VideoMAE against its float64 reference', () => {
  const run = async (precision: 'float32' | 'float16' | 'int8') => {
    const checkpoint = await Checkpoint.open(pretrained.folder);
    const { embedding } = await runGraph(buildVideomae(checkpoint, precision), feeds);
    await checkpoint.close();
    return clips.map((_, i) => numbers(embedding).subarray(i * 36, (i + 1) * 36));
  };

  test('in float32 the mean of the last states differs by 1e-4 at most, for each clip of a batch', async () => {
    const found = await run('float32');
    found.forEach((vector, i) => {
      expect(relativeError(vector, truth[i]!.embedding)).toBeLessThan(1e-4);
    });
  });

  test('in float16 by 1e-2 at most', async () => {
    const found = await run('float16');
    found.forEach((vector, i) => {
      expect(relativeError(vector, truth[i]!.embedding)).toBeLessThan(1e-2);
    });
  });

  test('in int8 the vectors keep a cosine of 0.99 or more', async () => {
    const found = await run('int8');
    found.forEach((vector, i) => {
      expect(cosine(vector, truth[i]!.embedding)).toBeGreaterThan(0.99);
    });
  });
});

test('a fine-tuned checkpoint, in shards and without a last norm, gives its class scores too', async () => {
  const tuned = { ...config, use_mean_pooling: true };
  const { folder, tensors } = await writeCheckpoint(tuned, videomaeDims(tuned, 11), { seed: 4, shards: 3 });
  const expected = videomae(tensors, tuned, clips[0]!);
  const checkpoint = await Checkpoint.open(folder);
  const frames = new Tensor('uint8', clips[0]!, [1, 6, 24, 24, 3]);
  const { embedding, classes } = await runGraph(buildVideomae(checkpoint, 'float32'), { frames });
  expect(relativeError(numbers(embedding), expected.embedding)).toBeLessThan(1e-4);
  expect(relativeError(numbers(classes), expected.classes!)).toBeLessThan(1e-4);
  await checkpoint.close();
});
