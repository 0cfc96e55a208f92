import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bestClass, Videomae } from '../../src/signals/videomae.js';
import { videomaeDims } from '../inference/architectures.js';
import { seeded, writeCheckpoint } from '../inference/random-checkpoint.js';
import { videomae } from '../inference/reference/videomae.js';
import { relativeError } from '../inference/run-graph.js';

test('a clip of 16 frames at 224 × 224 gives the reference’s vector and the name of its best class', async () => {
  const config = {
    model_type: 'videomae',
    image_size: 224,
    patch_size: 56,
    num_frames: 16,
    tubelet_size: 8,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 24,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    use_mean_pooling: true,
    id2label: { 0: 'sword fighting', 1: 'surfing water' },
  };
  const { folder, tensors } = await writeCheckpoint(config, videomaeDims(config, 2), { seed: 30 });
  const cacheFolder = await mkdtemp(path.join(tmpdir(), 'marquee-onnx-'));
  const model = await Videomae.open(folder, { name: 'tiny', precision: 'float32', cacheFolder, threads: 1 });
  const random = seeded(31);
  const clip = Uint8Array.from({ length: 16 * 224 * 224 * 3 }, () => Math.floor(random() * 256));
  const truth = videomae(tensors, config, clip);
  // Together with another clip, as two analyses would ask.
  const [{ vector, best }, other] = await Promise.all([model.read(clip), model.read(clip.toReversed())]);
  expect(relativeError(other.vector, videomae(tensors, config, clip.toReversed()).embedding)).toBeLessThan(
    1e-4,
  );
  expect(relativeError(vector, truth.embedding)).toBeLessThan(1e-4);
  const [first, second] = truth.classes!;
  expect(best!.name).toBe(first! > second! ? 'sword fighting' : 'surfing water');
  expect(best!.probability).toBeCloseTo(1 / (1 + Math.exp(-Math.abs(first! - second!))), 3);
  await model.close();
  await rm(cacheFolder, { recursive: true });
});

test('the best class comes with its probability among all', () => {
  const best = bestClass(Float32Array.of(1, 3, 2, 0), ['a', 'b', 'c', 'd']);
  expect(best.name).toBe('b');
  expect(best.probability).toBeCloseTo(0.6439, 4);
});
