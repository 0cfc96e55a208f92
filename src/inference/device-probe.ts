import './no-telemetry.js';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Device, DeviceProbe } from './devices.js';
import { writeOnnx } from './onnx.js';

// A program of its own: node device-probe.js cuda|webgpu|cpu prints a DeviceProbe as JSON on its last line.

/** Enough to name what is missing; the rest of a provider's message are its own source paths. */
const MOST_DETAIL = 120; // characters

/** y = x · w, for which every provider has a kernel. */
const product = writeOnnx({
  name: 'probe',
  inputs: [{ name: 'x', type: 'float32', dims: [1, 2] }],
  outputs: [{ name: 'y', type: 'float32', dims: [1, 2] }],
  nodes: [{ operator: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
  weights: [{ name: 'w', type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
});

// The providers' own lines on standard error would repeat, at length, what the probe reports.
env.logLevel = 'fatal';

async function probe(device: Device): Promise<DeviceProbe> {
  const startedAt = performance.now();
  try {
    const session = await InferenceSession.create(product, { executionProviders: [device] });
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 10), [1, 2]) });
    await session.release();
    const [first, second] = y!.data as Float32Array;
    if (first !== 31 || second !== 42) return { device, works: false, detail: 'it multiplies wrongly' };
    return { device, works: true, detail: `${Math.round(performance.now() - startedAt)} ms` };
  } catch (error) {
    return { device, works: false, detail: shortened(error) };
  }
}

function shortened(error: unknown): string {
  const text = String(error instanceof Error ? error.message : error);
  const [line = text] = text.replace(/^.*?was false\.\s*/s, '').split('\n');
  return line.slice(0, MOST_DETAIL).replace(/[\s.:]+$/, '');
}

process.stdout.write(`\n${JSON.stringify(await probe(process.argv[2] as Device))}\n`);
