import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { halfToNumber } from '../../src/inference/onnx/half.js';
import { writeOnnx } from '../../src/inference/onnx.js';
import { openOnnx } from '../../src/inference/onnx-session.js';
import { quantise, writeTextGraph, ZERO } from '../../src/tagging/text-graph.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marquee-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a written graph computes what its nodes say, with attributes of every kind', async () => {
  const file = path.join(folder, 'sum.onnx');
  const bytes = writeOnnx({
    name: 'example',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['n', 1] }],
    weights: [{ name: 'w', type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'w'], outputs: ['product'] },
      {
        operator: 'LeakyRelu',
        inputs: ['product'],
        outputs: ['leaky'],
        attributes: { alpha: { float: 0.5 } },
      },
      { operator: 'ReduceL1', inputs: ['leaky'], outputs: ['y'], attributes: { axes: [-1], keepdims: 1 } },
    ],
  });
  await writeFile(file, bytes);
  const session = await openOnnx(file);
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 1, -1, -1), [2, 2]) });
  expect([...(y!.data as Float32Array)]).toEqual([4 + 6, 2 + 3]);
  await session.close();
});

test('a file that is no graph is refused with what to do', async () => {
  const file = path.join(folder, 'broken.onnx');
  await writeFile(file, 'not a model');
  await expect(openOnnx(file)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
});

/** Three rows of three columns; every column has about the same spread. */
const TABLE = Float32Array.of(7, -7, 7, 1, 7, -7, -7, 3, 7);

test('the text graph sums weighted rows of the 4-bit table and brings the dense part to length 1', async () => {
  const file = path.join(folder, 'text.onnx');
  await writeFile(file, writeTextGraph(quantise(TABLE, 3, 2)));
  const session = await openOnnx(file);
  const { sum, unit } = await session.run({
    terms: new Tensor('int64', BigInt64Array.of(0n, 1n, 2n, 0n), [2, 2]),
    weights: new Tensor('float32', Float32Array.of(1, 2, 1, 0), [2, 2]),
  });
  const sums = sum!.data as Float32Array;
  expect(sum!.dims).toEqual([2, 3]);
  // row 0 + 2 × row 1, then row 2, within half a step of each row
  [9, 7, -7, -7, 3, 7].forEach((expected, i) => {
    expect(Math.abs(sums[i]! - expected)).toBeLessThan(1.5);
  });
  const [x = 0, y = 0] = unit!.data as Float32Array;
  expect(Math.hypot(x, y)).toBeCloseTo(1, 6);
  expect(x / y).toBeCloseTo(sums[0]! / sums[1]!, 5);
  await session.close();
});

test('quantising keeps each value within half a step of its row, whatever the scales of rows and columns', () => {
  const columns = 5;
  const half = Math.ceil(columns / 2);
  const matrix = Float32Array.from(
    { length: 50 },
    (_, i) => Math.sin(i * 7) * 10 ** (i % 3) * (1 + (i % columns)),
  );
  const { codes, rowScale, columnScale } = quantise(matrix, columns, 3);
  matrix.forEach((value, at) => {
    const [row, j] = [Math.floor(at / columns), at % columns];
    const byte = codes[row * half + (j % half)]!;
    const code = (j < half ? byte >> 4 : byte & 15) - ZERO;
    const step = halfToNumber(rowScale[row * 2 + (j < 3 ? 0 : 1)]!) * columnScale[j]!;
    expect(Math.abs(code * step - value)).toBeLessThanOrEqual(step / 2 + 1e-4);
  });
});
