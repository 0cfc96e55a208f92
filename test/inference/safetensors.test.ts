import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { Checkpoint } from '../../src/inference/checkpoint.js';
import { halfToNumber, numberToHalf } from '../../src/inference/onnx/half.js';
import { quantiseColumns } from '../../src/inference/onnx/int8.js';
import { SafetensorsFile } from '../../src/inference/safetensors.js';
import { writeCheckpoint } from './random-checkpoint.js';

const folder = await mkdtemp(path.join(tmpdir(), 'marquee-safetensors-'));
afterAll(() => rm(folder, { recursive: true }));

function fileOf(header: unknown, body: Buffer): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, body]);
}

test('tensors of every float type are read as float32', async () => {
  const values = [0, 1, -2.5, 0.15625];
  const file = path.join(folder, 'types.safetensors');
  const f64 = Buffer.from(Float64Array.from(values).buffer);
  const f16 = Buffer.from(Uint16Array.from(values, numberToHalf).buffer);
  const bf16 = Buffer.from(
    Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (word) => word >>> 16).buffer,
  );
  const entry = (dtype: string, from: number, bytes: number) => ({
    dtype,
    shape: [2, 2],
    data_offsets: [from, from + bytes],
  });
  const header = { a: entry('F64', 0, 32), b: entry('F16', 32, 8), c: entry('BF16', 40, 8) };
  await writeFile(file, fileOf(header, Buffer.concat([f64, f16, bf16])));
  const opened = await SafetensorsFile.open(file);
  for (const name of ['a', 'b', 'c']) expect([...(await opened.read(name))]).toEqual(values);
  expect(opened.entries.get('a')?.dims).toEqual([2, 2]);
  await opened.close();
});

describe('a broken file is refused, not read beyond its end', () => {
  const body = Buffer.alloc(16);
  const good = { dtype: 'F32', shape: [4], data_offsets: [0, 16] };
  test.each([
    ['shorter than its header says', fileOf({ a: good }, Buffer.alloc(8))],
    ['a header longer than the file', fileOf({ a: good }, body).subarray(0, 20)],
    ['a header that is no JSON', fileOf('{"a": ', body)],
    ['offsets that do not fit the shape', fileOf({ a: { ...good, data_offsets: [0, 12] } }, body)],
    ['negative offsets', fileOf({ a: { ...good, data_offsets: [-16, 0] } }, body)],
    ['an unknown type', fileOf({ a: { ...good, dtype: 'X9' } }, body)],
    ['empty', Buffer.alloc(0)],
  ])('%s', async (name, bytes) => {
    const file = path.join(folder, `${name.replaceAll(' ', '-')}.safetensors`);
    await writeFile(file, bytes);
    await expect(SafetensorsFile.open(file)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

test('a checkpoint in shards reads as one in a single file', async () => {
  const dims = { 'a.weight': [3, 2], 'b.weight': [5, 4], 'c.bias': [7] };
  const whole = await Checkpoint.open((await writeCheckpoint({ model_type: 'x' }, dims, { seed: 9 })).folder);
  const split = await Checkpoint.open(
    (await writeCheckpoint({ model_type: 'x' }, dims, { seed: 9, shards: 2 })).folder,
  );
  for (const name of Object.keys(dims)) expect(await split.read(name)).toEqual(await whole.read(name));
  await whole.close();
  await split.close();
});

test('a folder with a pickle only is refused with the reason', async () => {
  await writeFile(path.join(folder, 'config.json'), '{}');
  await writeFile(path.join(folder, 'pytorch_model.bin'), 'a pickle');
  await expect(Checkpoint.open(folder)).rejects.toThrow('pickle');
});

test('float16: every one of its numbers survives the way there and back, and others go to the nearest', () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    expect(numberToHalf(halfToNumber(bits))).toBe(bits);
    expect(numberToHalf(halfToNumber(bits | 0x8000))).toBe(bits | 0x8000);
  }
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      const bits = numberToHalf(value);
      const error = Math.abs(halfToNumber(bits) - value);
      for (const other of [bits - 1, bits + 1]) {
        const neighbour = halfToNumber(other & 0xffff);
        if (Number.isFinite(neighbour)) expect(Math.abs(neighbour - value)).toBeGreaterThanOrEqual(error);
      }
    }),
  );
});

/** Columns below this are zero for all purposes: their scales leave float32's normal range. */
const SMALLEST = 1e-36;

test('int8: each number is at most half a step of its column away', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 6, maxLength: 60 }),
      (values) => {
        const columns = 3;
        const data = Float32Array.from(values.slice(0, values.length - (values.length % columns)));
        const { data: quantised, scales } = quantiseColumns(data, columns);
        data.forEach((value, i) => {
          const scale = scales[i % columns]!;
          expect(Math.abs(quantised[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001 + SMALLEST);
        });
      },
    ),
  );
});
