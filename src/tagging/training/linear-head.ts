import { Tensor } from 'onnxruntime-node';
import { modelBytes } from '../../inference/onnx/model-file.js';
import { openOnnx } from '../../inference/onnx-session.js';
import { linearGradient } from './graphs.js';
import { minimise } from './lbfgs.js';

/** Rows that a head learns from. */
export interface HeadLesson {
  inputs: number;
  labels: number;
  /** rows × inputs. */
  x: Float32Array;
  /** rows × labels, 0 … 1; what is unknown has importance 0. */
  target: Float32Array;
  /** rows × labels. */
  importance: Float32Array;
  /** rows × labels: logits that are there already, from the words. */
  offset: Float32Array;
}

export interface LinearWeights {
  /** inputs × labels. */
  weights: Float32Array;
  bias: Float32Array;
}

/** Evaluations at most: curvature of standardised inputs is settled by then. */
const ROUNDS = 100;
const TOLERANCE = 1e-3;

/**
 * One logistic regression a label, ½·strength·‖w‖² + its loss, by L-BFGS: loss and gradient are one run of an ONNX
 * graph, the step from them is arithmetic on inputs × labels numbers. To be called in a worker thread.
 */
export async function fitLinear(
  lesson: HeadLesson,
  strength: number,
  { signal, threads = 1 }: { signal?: AbortSignal; threads?: number } = {},
): Promise<LinearWeights> {
  const { inputs, labels } = lesson;
  const rows = lesson.x.length / inputs;
  const session = await openOnnx(await modelBytes(linearGradient({ inputs, labels })), { threads });
  const fixed = {
    x: new Tensor('float32', lesson.x, [rows, inputs]),
    target: new Tensor('float32', lesson.target, [rows, labels]),
    importance: new Tensor('float32', lesson.importance, [rows, labels]),
    offset: new Tensor('float32', lesson.offset, [rows, labels]),
  };
  const split = inputs * labels;
  try {
    const point = await minimise(
      new Float32Array(split + labels),
      labels,
      async (at) => {
        signal?.throwIfAborted();
        const { loss, weightsGradient, biasGradient } = await session.run({
          ...fixed,
          weights: new Tensor('float32', at.slice(0, split), [inputs, labels]),
          bias: new Tensor('float32', at.slice(split), [labels]),
        });
        const losses = Float64Array.from(loss!.data as Float32Array);
        const gradient = new Float32Array(split + labels);
        gradient.set(weightsGradient!.data as Float32Array);
        gradient.set(biasGradient!.data as Float32Array, split);
        for (let i = 0; i < split; i++) {
          gradient[i] = gradient[i]! + strength * at[i]!;
          losses[i % labels] = losses[i % labels]! + 0.5 * strength * at[i]! * at[i]!;
        }
        return { losses, gradient };
      },
      { rounds: ROUNDS, tolerance: TOLERANCE },
    );
    return { weights: point.slice(0, split), bias: point.slice(split) };
  } finally {
    await session.close();
  }
}
