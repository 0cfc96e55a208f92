import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { convertCheckpoint, removeConverted } from '../../src/inference/convert.js';
import { layOut, Whisper } from '../../src/signals/whisper.js';
import { whisperDims } from '../inference/architectures.js';
import { gaussian, seeded, writeCheckpoint } from '../inference/random-checkpoint.js';
import { whisperDecoder, whisperEncoder } from '../inference/reference/whisper.js';
import { relativeError } from '../inference/run-graph.js';

const config = {
  model_type: 'whisper',
  d_model: 24,
  num_mel_bins: 8,
  encoder_layers: 1,
  encoder_attention_heads: 3,
  encoder_ffn_dim: 40,
  decoder_layers: 2,
  decoder_attention_heads: 3,
  decoder_ffn_dim: 40,
  max_source_positions: 15,
  max_target_positions: 16,
  vocab_size: 53,
  activation_function: 'gelu',
};
const { folder, tensors } = await writeCheckpoint(config, whisperDims(config), { seed: 21 });
const cacheFolder = await mkdtemp(path.join(tmpdir(), 'marquee-onnx-'));
const options = { name: 'tiny', precision: 'float32', cacheFolder, threads: 1 } as const;
const whisper = await Whisper.open(folder, options);
afterAll(async () => {
  await whisper.close();
  await rm(cacheFolder, { recursive: true });
});

const random = seeded(6);
const mel = Float32Array.from({ length: 3 * 8 * 30 }, () => gaussian(random));
const states = [0, 1, 2].map((window) =>
  whisperEncoder(
    tensors,
    config,
    Array.from({ length: 8 }, (_, bin) =>
      Float64Array.from(mel.subarray((window * 8 + bin) * 30, (window * 8 + bin + 1) * 30)),
    ),
  ),
);
/** The logits after the last token of a row. */
const truth = (window: number, tokens: number[]) =>
  whisperDecoder(tensors, config, states[window]!, tokens).at(-1)!;

test('rows listen to their own windows, in any order and number, and keep their past when they are selected', async () => {
  const encoded = await whisper.encode(mel, 3);
  const decoding = encoded.decode([2, 0, 2]);
  const first = await decoding.feed(Int32Array.of(4, 5, 6, 7, 8, 9), 2, [1]);
  [[2, [4, 5]] as const, [0, [6, 7]] as const, [2, [8, 9]] as const].forEach(([window, tokens], row) => {
    expect(relativeError(first.subarray(row * 53, (row + 1) * 53), truth(window, [...tokens]))).toBeLessThan(
      1e-4,
    );
  });

  decoding.select([2, 2, 0, 1]);
  const second = await decoding.feed(Int32Array.of(10, 11, 12, 13), 1, [0]);
  const rows = [
    [2, [8, 9, 10]],
    [2, [8, 9, 11]],
    [2, [4, 5, 12]],
    [0, [6, 7, 13]],
  ] as const;
  rows.forEach(([window, tokens], row) => {
    expect(relativeError(second.subarray(row * 53, (row + 1) * 53), truth(window, [...tokens]))).toBeLessThan(
      1e-4,
    );
  });

  decoding.select([3]);
  const third = await decoding.feed(Int32Array.of(14), 1, [0]);
  expect(relativeError(third, truth(0, [6, 7, 13, 14]))).toBeLessThan(1e-4);
  decoding.release();
  encoded.release();
});

test('windows that two analyses ask for at once share a run of the encoder and are heard by their own rows', async () => {
  const window = mel.length / 3;
  const encodings = await Promise.all([
    whisper.encode(mel.subarray(2 * window), 1),
    whisper.encode(mel.subarray(0, 2 * window), 2),
  ]);
  const logits = await Promise.all([
    encodings[0].decode([0]).feed(Int32Array.of(3), 1, [0]),
    encodings[1].decode([1]).feed(Int32Array.of(3), 1, [0]),
  ]);
  expect(relativeError(logits[0], truth(2, [3]))).toBeLessThan(1e-4);
  expect(relativeError(logits[1], truth(1, [3]))).toBeLessThan(1e-4);
});

test('in int8 a window is heard alike alone and beside others', async () => {
  const small = await Whisper.open(folder, { ...options, precision: 'int8' });
  const window = mel.length / 3;
  const together = await small.encode(mel, 3);
  for (const i of [0, 1, 2]) {
    const alone = await small.encode(mel.subarray(i * window, (i + 1) * window), 1);
    expect(await together.decode([i]).feed(Int32Array.of(3), 1, [0])).toEqual(
      await alone.decode([0]).feed(Int32Array.of(3), 1, [0]),
    );
  }
  await small.close();
});

test('only the wanted positions’ logits come back, in the order they were asked for', async () => {
  const encoded = await whisper.encode(mel, 3);
  const logits = await encoded.decode([1]).feed(Int32Array.of(3, 1, 4, 1), 4, [0, 3]);
  expect(logits).toHaveLength(2 * 53);
  expect(relativeError(logits.subarray(0, 53), truth(1, [3]))).toBeLessThan(1e-4);
  expect(relativeError(logits.subarray(53), truth(1, [3, 1, 4, 1]))).toBeLessThan(1e-4);
});

test('a checkpoint is converted once: the second opening finds the graphs by their content', async () => {
  const before = await readdir(cacheFolder);
  const again = await Whisper.open(folder, options);
  expect(again.name).toBe(whisper.name);
  expect(await readdir(cacheFolder)).toEqual(before);
  await again.close();
});

test('what a checkpoint was converted to goes with it, in every precision', async () => {
  const other = await mkdtemp(path.join(tmpdir(), 'marquee-onnx-'));
  for (const precision of ['float32', 'int8'] as const)
    await convertCheckpoint(folder, { precision, cacheFolder: other });
  expect(await readdir(other)).toHaveLength(2);
  await removeConverted(folder, other);
  expect(await readdir(other)).toEqual([]);
  await rm(other, { recursive: true });
});

test('slots are equally many a window, the spare ones repeating a row of theirs', () => {
  expect(layOut([0, 1, 0])).toEqual({ windows: [0, 1], rowOfSlot: [0, 2, 1, 1], slotOfRow: [0, 2, 1] });
  expect(layOut([])).toEqual({ windows: [], rowOfSlot: [], slotOfRow: [] });
});
