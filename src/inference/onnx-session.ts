import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { Failure } from '../failure.js';
import type { Device } from './devices.js';

/** A loaded graph. `run` blocks its thread, so it belongs into a worker thread. */
export interface OnnxSession {
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/**
 * Loads a graph, by default on one thread: a second one gains nothing on small graphs, and with one the order of
 * every sum, hence every bit of the result, is fixed.
 * @throws Failure MODEL_INVALID when the file is no readable graph
 */
export async function openOnnx(
  file: string,
  { threads = 1, device = 'cpu' }: { threads?: number; device?: Device } = {},
): Promise<OnnxSession> {
  try {
    const session = await InferenceSession.create(file, {
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
    });
    return { run: async (feeds) => session.run(feeds), close: () => session.release() };
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `The model ${file} cannot be loaded: fetch the pack's files again.`, {
      cause,
    });
  }
}
