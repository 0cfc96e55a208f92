import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeOnnx } from '../../src/inference/onnx.js';
import { openOnnx } from '../../src/inference/onnx-session.js';
import { quantise, writeTextGraph } from '../../src/tagging/text-graph.js';

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

test('the text graph sums weighted rows of the 8-bit table and brings the dense part to length 1', async () => {
  const table = Float32Array.of(3, 4, 10, 0, 5, -1, 6, 0, 0.5);
  const file = path.join(folder, 'text.onnx');
  await writeFile(file, writeTextGraph(quantise(table, 3), 2));
  const session = await openOnnx(file);
  const { sum, unit } = await session.run({
    terms: new Tensor('int64', BigInt64Array.of(0n, 1n, 2n, 0n), [2, 2]),
    weights: new Tensor('float32', Float32Array.of(1, 2, 1, 0), [2, 2]),
  });
  const expected = [3, 14, 8, 6, 0, 0.5];
  [...(sum!.data as Float32Array)].forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 0.5);
  });
  const [x = 0, y = 0] = unit!.data as Float32Array;
  expect(Math.hypot(x, y)).toBeCloseTo(1, 6);
  expect(x / y).toBeCloseTo(3 / 14, 1);
  await session.close();
});

test('quantising keeps each row within half a step of its largest weight', () => {
  const columns = 4;
  const matrix = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 7) * 10 ** (i % 3));
  const { codes, rowScale, columnScale } = quantise(matrix, columns);
  matrix.forEach((value, at) => {
    const step = rowScale[Math.floor(at / columns)]! * columnScale[at % columns]!;
    expect(Math.abs(codes[at]! * step - value)).toBeLessThanOrEqual(step / 2 + 1e-6);
  });
});
