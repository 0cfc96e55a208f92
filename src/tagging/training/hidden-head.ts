import { Tensor } from 'onnxruntime-node';
import { modelBytes } from '../../inference/onnx/model-file.js';
import { openOnnx } from '../../inference/onnx-session.js';
import { permutation, randomStream } from '../random.js';
import { crossEntropy } from './calibrator.js';
import {
  ADAM_DECAY,
  type HeadWidths,
  HIDDEN_TENSORS,
  type HiddenTensor,
  type HiddenWeights,
  hiddenDims,
  hiddenLogits,
  hiddenStep,
} from './graphs.js';
import type { HeadLesson } from './linear-head.js';

/** The prototype's layer, and how it is trained. */
const SETTINGS = {
  hidden: 512,
  dropout: 0.3,
  batch: 256,
  rate: 1e-3,
  /** Share of a weight that one step at the full rate takes away. */
  decay: 1e-4,
  epochs: 60,
  /** Epochs without a lower validation loss after which training ends. */
  patience: 5,
  /** One row in so many is kept to see when to stop. */
  validation: 8,
};

/**
 * One hidden layer of 512 with ReLU and dropout 0.3 by Adam; ends when the loss on an eighth of the rows has not fallen for
 * five epochs, with the weights of its lowest. Every step is one run of an ONNX graph. Seeded. To be called in a worker thread.
 * @param lesson rows of one group (a title's variants) lie `variants` apart, so that they stay on one side of the split
 */
export async function fitHidden(
  lesson: HeadLesson,
  options: { seed: number; variants: number; signal?: AbortSignal; threads?: number },
): Promise<HiddenWeights> {
  const widths = { inputs: lesson.inputs, hidden: SETTINGS.hidden, labels: lesson.labels };
  const random = randomStream(options.seed);
  const { learned, kept } = splitRows(lesson.x.length / lesson.inputs, options.variants, random);
  const threads = options.threads ?? 1;
  const step = await openOnnx(await modelBytes(hiddenStep(widths)), { threads });
  const forward = await openOnnx(await modelBytes(hiddenLogits(widths)), { threads });
  try {
    const validation = batchOf(lesson, kept);
    let state = startOf(widths, random);
    let best = { loss: Number.POSITIVE_INFINITY, weights: weightsOf(state), epoch: 0 };
    let steps = 0;
    for (let epoch = 1; epoch <= SETTINGS.epochs && epoch - best.epoch <= SETTINGS.patience; epoch++) {
      const order = permutation(learned.length, random);
      for (let from = 0; from < order.length; from += SETTINGS.batch) {
        options.signal?.throwIfAborted();
        const rows = Array.from(order.subarray(from, from + SETTINGS.batch), (place) => learned[place]!);
        steps++;
        const outputs = await step.run({
          ...stepFeeds(batchOf(lesson, rows), widths, steps, random),
          ...state,
        });
        state = nextState(outputs);
      }
      const loss = await validationLoss(forward, state, validation, widths);
      if (loss < best.loss) best = { loss, weights: weightsOf(state), epoch };
    }
    return best.weights;
  } finally {
    await step.close();
    await forward.close();
  }
}

type Feeds = Record<string, Tensor>;
type Session = Awaited<ReturnType<typeof openOnnx>>;

/** Rows i, i + titles, i + 2·titles … are variants of one title. */
function splitRows(rows: number, variants: number, random: () => number) {
  const titles = rows / variants;
  const order = permutation(titles, random);
  const size = Math.max(1, Math.floor(titles / SETTINGS.validation));
  const all = (from: number, to: number) =>
    Array.from(order.subarray(from, to)).flatMap((title) =>
      Array.from({ length: variants }, (_, k) => title + k * titles),
    );
  return { kept: all(0, size), learned: all(size, titles) };
}

function batchOf(lesson: HeadLesson, rows: readonly number[]): HeadLesson {
  const pick = (from: Float32Array, width: number) => {
    const out = new Float32Array(rows.length * width);
    rows.forEach((row, k) => {
      out.set(from.subarray(row * width, (row + 1) * width), k * width);
    });
    return out;
  };
  const { inputs, labels } = lesson;
  return {
    inputs,
    labels,
    x: pick(lesson.x, inputs),
    target: pick(lesson.target, labels),
    importance: pick(lesson.importance, labels),
    offset: pick(lesson.offset, labels),
  };
}

function stepFeeds(batch: HeadLesson, widths: HeadWidths, steps: number, random: () => number): Feeds {
  const { inputs, labels } = batch;
  const rows = batch.x.length / inputs;
  const keep = Float32Array.from({ length: rows * widths.hidden }, () =>
    random() < SETTINGS.dropout ? 0 : 1 / (1 - SETTINGS.dropout),
  );
  const correction = Math.sqrt(1 - ADAM_DECAY.second ** steps) / (1 - ADAM_DECAY.first ** steps);
  return {
    x: new Tensor('float32', batch.x, [rows, inputs]),
    target: new Tensor('float32', batch.target, [rows, labels]),
    importance: new Tensor(
      'float32',
      batch.importance.map((value) => value / rows),
      [rows, labels],
    ),
    offset: new Tensor('float32', batch.offset, [rows, labels]),
    keep: new Tensor('float32', keep, [rows, widths.hidden]),
    rate: new Tensor('float32', Float32Array.of(SETTINGS.rate * correction), []),
    decay: new Tensor('float32', Float32Array.of(SETTINGS.decay), []),
  };
}

/** Weights as He et al. 2015 draw them for ReLU, here evenly; the outer layer and all biases begin at 0. */
function startOf(widths: HeadWidths, random: () => number): Feeds {
  const dims = hiddenDims(widths);
  const reach = Math.sqrt(6 / widths.inputs);
  const state: Feeds = {};
  for (const name of HIDDEN_TENSORS) {
    const size = dims[name].reduce((product, n) => product * n, 1);
    const start =
      name === 'inner'
        ? Float32Array.from({ length: size }, () => (2 * random() - 1) * reach)
        : new Float32Array(size);
    state[name] = new Tensor('float32', start, dims[name]);
    state[`${name}.first`] = new Tensor('float32', new Float32Array(size), dims[name]);
    state[`${name}.second`] = new Tensor('float32', new Float32Array(size), dims[name]);
  }
  return state;
}

/** `next.inner` → `inner` … */
function nextState(outputs: Feeds): Feeds {
  const next = Object.entries(outputs).filter(([name]) => name.startsWith('next.'));
  return Object.fromEntries(next.map(([name, value]) => [name.slice('next.'.length), value]));
}

function weightsOf(state: Feeds): HiddenWeights {
  const copies = HIDDEN_TENSORS.map((name) => [name, (state[name]!.data as Float32Array).slice()]);
  return Object.fromEntries(copies) as Record<HiddenTensor, Float32Array>;
}

async function validationLoss(
  forward: Session,
  state: Feeds,
  { x, offset, target, importance, inputs }: HeadLesson,
  widths: HeadWidths,
): Promise<number> {
  const weights = Object.fromEntries(HIDDEN_TENSORS.map((name) => [name, state[name]!]));
  const { logits } = await forward.run({
    x: new Tensor('float32', x, [x.length / inputs, widths.inputs]),
    ...weights,
  });
  const answers = (logits!.data as Float32Array).map((value, at) => value + offset[at]!);
  return crossEntropy(
    answers,
    target.map((value, at) => (importance[at]! > 0 ? value : Number.NaN)),
  ).loss;
}
