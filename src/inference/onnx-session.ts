import './no-telemetry.js';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { Failure } from '../failure.js';
import type { Device } from './devices.js';

/** A loaded graph. `run` blocks its thread, so it belongs into a worker thread. */
export interface OnnxSession {
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/**
 * Loads a graph from a file or from its bytes, by default on one thread: a second one gains nothing on small graphs, and with one the order of
 * every sum, hence every bit of the result, is fixed.
 * @throws Failure MODEL_INVALID when the file is no readable graph
 */
export async function openOnnx(
  model: string | Uint8Array,
  { threads = 1, device = 'cpu' }: { threads?: number; device?: Device } = {},
): Promise<OnnxSession> {
  try {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      extra: {
        // A thread that waits for its part of the next operator spins for 20 µs, then sleeps: without a limit it takes
        // the cores from everything else, without spinning it wakes up too late (docs/decisions/031-ort-threads.md).
        session: { intra_op: { allow_spinning: '1', spin_duration_us: '20' } },
        // The CPU's fused operator is seven times slower than the two that it stands for (decisions/035).
        ...(device === 'cpu'
          ? { optimization: { disable_specified_optimizers: 'SkipLayerNormFusion' } }
          : {}),
      },
    };
    const session = await (typeof model === 'string'
      ? InferenceSession.create(model, options)
      : InferenceSession.create(model, options));
    return { run: async (feeds) => session.run(feeds), close: () => session.release() };
  } catch (cause) {
    throw new Failure(
      'MODEL_INVALID',
      `The model ${typeof model === 'string' ? model : 'in memory'} cannot be loaded: fetch the pack's files again.`,
      {
        cause,
      },
    );
  }
}
