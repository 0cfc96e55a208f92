import type { Signal } from '../signals/signal.js';
import type { HiddenWeights } from './training/graphs.js';
import type { LinearWeights } from './training/linear-head.js';

/** The signals in the order in which a head reads them. */
export const SIGNALS = ['TEXT', 'PICTURE', 'SOUND'] as const satisfies Signal[];

/**
 * What a head reads: the numbers of each signal, then for each signal, and last for the words, 1 where it is absent
 * and else 0. An absent signal's numbers are 0, which is the mean of those that the head learned from.
 */
export interface InputLayout {
  signals: { signal: Signal; width: number }[];
  /** One a number of the signals: input = (number − mean) · scale. */
  mean: Float32Array;
  scale: Float32Array;
}

/** The part of a classifier that reads vectors; its logits are added to those of the words. */
export type VectorHead = { layout: InputLayout } & (
  | ({ kind: 'linear' } & LinearWeights)
  | ({ kind: 'hidden' } & HiddenWeights)
);

/** The vectors of one row or trailer, and whether its words were read. */
export interface Present {
  vectors: Partial<Record<Signal, Float32Array>>;
  hasWords: boolean;
}

export function inputsOf({ signals, mean }: InputLayout): number {
  return mean.length + signals.length + 1;
}

/** One row of inputs, written to `into` (all 0 before). A vector of another width counts as absent. */
export function writeInputs(layout: InputLayout, present: Present, into: Float32Array): void {
  let at = 0;
  layout.signals.forEach(({ signal, width }, place) => {
    const vector = present.vectors[signal];
    if (vector?.length === width) {
      for (let k = 0; k < width; k++)
        into[at + k] = (vector[k]! - layout.mean[at + k]!) * layout.scale[at + k]!;
    } else into[layout.mean.length + place] = 1;
    at += width;
  });
  if (!present.hasWords) into[layout.mean.length + layout.signals.length] = 1;
}

/** The head's logits of one row of inputs, one a label. */
export function headLogits(head: VectorHead, inputs: Float32Array): Float32Array {
  if (head.kind === 'linear') return affine(inputs, head.weights, head.bias);
  const units = affine(inputs, head.inner, head.innerBias);
  return affine(
    units.map((value) => Math.max(0, value)),
    head.outer,
    head.outerBias,
  );
}

/** x·W + b, W having a row an input. */
function affine(x: Float32Array, weights: Float32Array, bias: Float32Array): Float32Array {
  const width = bias.length;
  const out = bias.slice();
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (value === 0) continue;
    for (let j = 0; j < width; j++) out[j] = out[j]! + value * weights[i * width + j]!;
  }
  return out;
}

/**
 * How far each input carried one label's logit from where all inputs are 0: exact for a linear head; for a hidden
 * layer the integrated gradients (Sundararajan et al. 2017) along the straight line from 0, which for one layer of
 * ReLU have a closed form: a unit passes its gradient on for the share of the line on which it is active. Adds up to
 * the difference of the logits.
 */
export function inputWeights(head: VectorHead, inputs: Float32Array, label: number): Float32Array {
  const labels = head.kind === 'linear' ? head.bias.length : head.outerBias.length;
  if (head.kind === 'linear') return inputs.map((_, i) => head.weights[i * labels + label]!);
  const from = head.innerBias;
  const to = affine(inputs, head.inner, head.innerBias);
  const passes = from.map((start, k) => activeShare(start, to[k]!) * head.outer[k * labels + label]!);
  return inputs.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < passes.length; k++) sum += head.inner[i * passes.length + k]! * passes[k]!;
    return sum;
  });
}

/** Share of the way from `start` to `end` that lies above 0. */
function activeShare(start: number, end: number): number {
  if (start > 0 && end > 0) return 1;
  if (start <= 0 && end <= 0) return 0;
  return Math.max(start, end) / Math.abs(end - start);
}
