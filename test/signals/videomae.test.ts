import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { topClasses, Videomae } from '../../src/signals/videomae.js';
import { resizeBilinear, resizedDims, videomaeFrame } from '../../src/signals/videomae-frames.js';
import { videomaeDims } from '../inference/architectures.js';
import { seeded, writeCheckpoint } from '../inference/random-checkpoint.js';
import { videomae } from '../inference/reference/videomae.js';
import { relativeError } from '../inference/run-graph.js';

const PILLOW_3_BY_2 = [49, 247, 7, 70, 228, 7, 91, 209, 7, 129, 247, 21, 150, 228, 21, 171, 209, 21];
const PILLOW_9_BY_6_FIRST_ROW = [
  0, 255, 0, 7, 249, 0, 14, 242, 0, 22, 235, 0, 30, 228, 0, 38, 221, 0, 46, 214, 0, 53, 207, 0, 60, 201, 0,
];

test('a clip of 16 frames at 224 × 224 gives the reference’s vector and the names of its best classes', async () => {
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
  const [{ vector, classes }, other] = await Promise.all([model.read(clip), model.read(clip.toReversed())]);
  expect(relativeError(other.vector, videomae(tensors, config, clip.toReversed()).embedding)).toBeLessThan(
    1e-4,
  );
  expect(relativeError(vector, truth.embedding)).toBeLessThan(1e-4);
  const [first, second] = truth.classes!;
  expect(classes[0]!.name).toBe(first! > second! ? 'sword fighting' : 'surfing water');
  expect(classes[0]!.probability).toBeCloseTo(1 / (1 + Math.exp(-Math.abs(first! - second!))), 3);
  await model.close();
  await rm(cacheFolder, { recursive: true });
});

test('the best classes come first, as probabilities', () => {
  const top = topClasses(Float32Array.of(1, 3, 2, 0), { 1: 'a', 2: 'b', 0: 'c' });
  expect(top.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(top[0]!.probability).toBeCloseTo(0.6439, 4);
});

describe('frames as VideoMAE’s image processor makes them', () => {
  /** Pillow 9.4: Image.fromarray(ramp).resize((3, 2), Image.BILINEAR), ramp[y][x] = (40 y + 10 x, 255 − 9 x, 7 y). */
  const ramp = {
    width: 7,
    height: 5,
    data: Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => {
      const [y, x] = [Math.floor(i / 21), Math.floor(i / 3) % 7];
      return [40 * y + 10 * x, 255 - 9 * x, 7 * y][i % 3]!;
    }),
  };
  test('shrinking averages exactly as Pillow does, to the byte', () => {
    expect([...resizeBilinear(ramp, 3, 2).data]).toEqual(PILLOW_3_BY_2);
  });
  test('enlarging interpolates exactly as Pillow does, to the byte', () => {
    expect([...resizeBilinear(ramp, 9, 6).data].slice(0, 27)).toEqual(PILLOW_9_BY_6_FIRST_ROW);
  });
  test('the shorter side becomes 224 and the middle is kept', () => {
    expect(resizedDims({ width: 640, height: 360 })).toEqual({ width: 398, height: 224 });
    expect(resizedDims({ width: 360, height: 640 })).toEqual({ width: 224, height: 398 });
    const halves = { width: 448, height: 224, data: new Uint8Array(448 * 224 * 3) };
    for (let i = 0; i < halves.data.length; i++) halves.data[i] = Math.floor(i / 3) % 448 < 224 ? 10 : 200;
    const row = videomaeFrame(halves).subarray(0, 224 * 3);
    expect(row.filter((value) => value === 10)).toHaveLength(112 * 3);
  });
});
