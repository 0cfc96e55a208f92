// npm run bench -- devices [--json]: VideoMAE-base with random weights on each device that works here: the error
// against float32 on the CPU, and the time of one clip. scripts/gpu-check.mjs runs it on a machine with a GPU.
import path from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { convertCheckpoint } from '../src/inference/convert.js';
import { DEVICES, type Device, probeDevices } from '../src/inference/devices.js';
import { usableCores } from '../src/inference/machine.js';
import type { Precision } from '../src/inference/onnx/graph.js';
import { openOnnx } from '../src/inference/onnx-session.js';
import { fullSizeCheckpoint } from './models/checkpoints.js';

const ROOT = path.resolve('.marquee/bench');
const ROUNDS = 3;

interface Row {
  device: Device;
  precision: Precision;
  /** Euclidean, against the CPU in float32; null where the device does not work. */
  relativeError: number | null;
  /** Median of the rounds, the first one left out. */
  millisecondsAClip: number | null;
  detail: string;
}

export async function run({ json }: { json: boolean; args: string[] }): Promise<void> {
  const reference = await read('cpu', 'float32');
  const rows: Row[] = [];
  for (const { device, works, detail } of await probeDevices(DEVICES)) {
    const precision = device === 'cpu' ? 'int8' : 'float16';
    if (!works) {
      rows.push({ device, precision, relativeError: null, millisecondsAClip: null, detail });
      continue;
    }
    const { vector, milliseconds } = await read(device, precision);
    const relativeError = distance(vector, reference.vector) / distance(reference.vector);
    rows.push({ device, precision, relativeError, millisecondsAClip: milliseconds, detail });
  }
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows, reference.milliseconds));
}

async function read(device: Device, precision: Precision) {
  const folder = await fullSizeCheckpoint(ROOT, 'videomae-base');
  const { files } = await convertCheckpoint(folder, {
    precision,
    cacheFolder: path.join(ROOT, 'onnx', 'videomae-base'),
  });
  const session = await openOnnx(files.graph!, { device, threads: usableCores() });
  const clip = Uint8Array.from({ length: 16 * 224 * 224 * 3 }, (_, i) => (i * 2_654_435_761) >>> 24);
  const frames = new Tensor('uint8', clip, [1, 16, 224, 224, 3]);
  const times: number[] = [];
  let vector = new Float32Array(0);
  for (let round = 0; round <= ROUNDS; round++) {
    const startedAt = performance.now();
    const { embedding } = await session.run({ frames });
    vector = (embedding!.data as Float32Array).slice();
    if (round > 0) times.push(performance.now() - startedAt);
  }
  await session.close();
  return { vector, milliseconds: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]! };
}

function distance(a: Float32Array, b?: Float32Array): number {
  return Math.hypot(...a.map((value, i) => value - (b?.[i] ?? 0)));
}

function table(rows: readonly Row[], referenceMilliseconds: number): string {
  const lines = rows.map(({ device, precision, relativeError, millisecondsAClip, detail }) => {
    const error = relativeError === null ? '-' : relativeError.toExponential(1);
    const time = millisecondsAClip === null ? '-' : millisecondsAClip.toFixed(0);
    return `| ${device} | ${precision} | ${error} | ${time} | ${detail} |`;
  });
  const reference = `| cpu | float32 | 0 | ${referenceMilliseconds.toFixed(0)} | what the others are compared with |`;
  const head = '| device | precision | relative error | ms a clip | probe |\n|---|---|---|---|---|';
  return `${[head, reference, ...lines].join('\n')}\n`;
}
