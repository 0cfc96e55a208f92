import { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../../src/inference/onnx/graph.js';
import { modelBytes } from '../../src/inference/onnx/model-file.js';

/** A product that is large in all three sizes and divides well: (2048 × 2048) · (2048 × 2048). */
const SIZE = 2048;
export const PRODUCT_FLOP = 2 * SIZE ** 3; // 17.2 GFLOP

/** A float32 matrix product in the same runtime with the same threads: what the machine gives at most. */
export async function openMatrixProduct(threads: number) {
  const g = new GraphBuilder('product', 'float32');
  const x = g.input('x', 'float32', [SIZE, SIZE]);
  const weight = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5);
  g.output(
    'y',
    g.add('MatMul', [x, g.parameter({ dims: [SIZE, SIZE], read: async () => weight })]),
    'float32',
    [SIZE, SIZE],
  );
  const session = await InferenceSession.create(await modelBytes(g), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const feeds = { x: new Tensor('float32', weight, [SIZE, SIZE]) };
  return { run: () => session.run(feeds), close: () => session.release() };
}
