import { GraphBuilder } from '../../inference/onnx/graph.js';

/** Widths of a head: numbers that it reads, units of its hidden layer, labels. */
export interface HeadWidths {
  inputs: number;
  hidden: number;
  labels: number;
}

/**
 * Loss and gradient of one logistic regression a label over the rows at hand, in one run.
 * Inputs: `x` (n, inputs), `target`, `importance` and `offset` (n, labels), `weights` (inputs, labels), `bias` (labels).
 * Outputs: `loss` (labels), `weightsGradient`, `biasGradient`. With z = x·W + b + offset the loss of a label is
 * Σ importance · (softplus(z) − target·z): the cross-entropy, for targets between 0 and 1 too.
 */
export function linearGradient({ inputs, labels }: Omit<HeadWidths, 'hidden'>): GraphBuilder {
  const graph = new GraphBuilder('linear-gradient', 'float32');
  const rows = lessonInputs(graph, inputs, labels);
  const weights = graph.input('weights', 'float32', [inputs, labels]);
  const bias = graph.input('bias', 'float32', [labels]);
  const logits = graph.add('Add', [graph.add('Gemm', [rows.x, weights, bias]), rows.offset]);
  const { losses, errors } = crossEntropy(graph, logits, rows);
  graph.output('loss', losses, 'float32', [labels]);
  graph.output('weightsGradient', transposedProduct(graph, rows.x, errors), 'float32', [inputs, labels]);
  graph.output('biasGradient', sumOverRows(graph, errors), 'float32', [labels]);
  return graph;
}

/** The tensors that a step of Adam takes and gives back, each with its first and second moment. */
export const HIDDEN_TENSORS = ['inner', 'innerBias', 'outer', 'outerBias'] as const;
export type HiddenTensor = (typeof HIDDEN_TENSORS)[number];
export type HiddenWeights = Record<HiddenTensor, Float32Array>;

export function hiddenDims({ inputs, hidden, labels }: HeadWidths): Record<HiddenTensor, readonly number[]> {
  return { inner: [inputs, hidden], innerBias: [hidden], outer: [hidden, labels], outerBias: [labels] };
}

const ADAM = { first: 0.9, second: 0.999, epsilon: 1e-8 };
export const ADAM_DECAY = { first: ADAM.first, second: ADAM.second };

/**
 * One whole training step of a hidden layer with ReLU and dropout: forward, loss, gradients and Adam's update
 * (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).
 * Inputs: as for `linearGradient`, `importance` already divided by what it sums to; `keep` (n, hidden), 0 where a unit
 * is dropped, else 1 / (1 − dropout); each weight with its moments (`inner`, `inner.first`, `inner.second` …); `rate`
 * (the learning rate with Adam's correction of the moments' start) and `decay`, one number each.
 * Outputs: `loss` (labels), and each weight and moment as `next.` and its name.
 */
export function hiddenStep(widths: HeadWidths): GraphBuilder {
  const { inputs, hidden, labels } = widths;
  const graph = new GraphBuilder('hidden-step', 'float32');
  const rows = lessonInputs(graph, inputs, labels);
  const keep = graph.input('keep', 'float32', ['n', hidden]);
  const dims = hiddenDims(widths);
  for (const name of HIDDEN_TENSORS) graph.input(name, 'float32', [...dims[name]]);
  const inner = graph.add('Gemm', [rows.x, 'inner', 'innerBias']);
  const units = graph.add('Mul', [graph.add('Relu', [inner]), keep]);
  const logits = graph.add('Add', [graph.add('Gemm', [units, 'outer', 'outerBias']), rows.offset]);
  const { losses, errors } = crossEntropy(graph, logits, rows);
  const active = graph.cast(graph.add('Greater', [inner, graph.scalar(0)]), 'float32');
  const back = graph.add('Gemm', [errors, 'outer'], { attributes: { transB: 1 } });
  const innerErrors = graph.add('Mul', [graph.add('Mul', [back, keep]), active]);
  const gradients: Record<HiddenTensor, string> = {
    inner: transposedProduct(graph, rows.x, innerErrors),
    innerBias: sumOverRows(graph, innerErrors),
    outer: transposedProduct(graph, units, errors),
    outerBias: sumOverRows(graph, errors),
  };
  graph.output('loss', losses, 'float32', [labels]);
  graph.input('rate', 'float32', []);
  graph.input('decay', 'float32', []);
  for (const name of HIDDEN_TENSORS) adamUpdate(graph, name, gradients[name], dims[name]);
  return graph;
}

/** `x` (n, inputs) → `logits` (n, labels) of a hidden layer, nothing dropped. */
export function hiddenLogits(widths: HeadWidths): GraphBuilder {
  const graph = new GraphBuilder('hidden-logits', 'float32');
  const x = graph.input('x', 'float32', ['n', widths.inputs]);
  const dims = hiddenDims(widths);
  for (const name of HIDDEN_TENSORS) graph.input(name, 'float32', [...dims[name]]);
  const units = graph.add('Relu', [graph.add('Gemm', [x, 'inner', 'innerBias'])]);
  graph.output('logits', graph.add('Gemm', [units, 'outer', 'outerBias']), 'float32', ['n', widths.labels]);
  return graph;
}

interface Lesson {
  x: string;
  target: string;
  importance: string;
  offset: string;
}

function lessonInputs(graph: GraphBuilder, inputs: number, labels: number): Lesson {
  return {
    x: graph.input('x', 'float32', ['n', inputs]),
    target: graph.input('target', 'float32', ['n', labels]),
    importance: graph.input('importance', 'float32', ['n', labels]),
    offset: graph.input('offset', 'float32', ['n', labels]),
  };
}

/** The labels' losses, and what each answer is off by: the loss's derivative by the logit. */
function crossEntropy(graph: GraphBuilder, logits: string, { target, importance }: Lesson) {
  const each = graph.add('Sub', [graph.add('Softplus', [logits]), graph.add('Mul', [target, logits])]);
  const error = graph.add('Sub', [graph.add('Sigmoid', [logits]), target]);
  return {
    losses: sumOverRows(graph, graph.add('Mul', [importance, each])),
    errors: graph.add('Mul', [importance, error]),
  };
}

/** aᵀ·b. */
function transposedProduct(graph: GraphBuilder, a: string, b: string): string {
  return graph.add('Gemm', [a, b], { attributes: { transA: 1 } });
}

function sumOverRows(graph: GraphBuilder, x: string): string {
  return graph.add('ReduceSum', [x, graph.integers([0])], { attributes: { keepdims: 0 } });
}

function adamUpdate(graph: GraphBuilder, name: string, gradient: string, dims: readonly number[]): void {
  const mixed = (moment: string, share: number, fresh: string) =>
    graph.add('Add', [
      graph.add('Mul', [moment, graph.scalar(share)]),
      graph.add('Mul', [fresh, graph.scalar(1 - share)]),
    ]);
  const firstBefore = graph.input(`${name}.first`, 'float32', [...dims]);
  const secondBefore = graph.input(`${name}.second`, 'float32', [...dims]);
  const first = mixed(firstBefore, ADAM.first, gradient);
  const second = mixed(secondBefore, ADAM.second, graph.add('Mul', [gradient, gradient]));
  const spread = graph.add('Add', [graph.add('Sqrt', [second]), graph.scalar(ADAM.epsilon)]);
  const step = graph.add('Mul', [graph.add('Div', [first, spread]), 'rate']);
  const shrunk = graph.add('Sub', [name, graph.add('Mul', [name, 'decay'])]);
  const outputs = {
    [name]: graph.add('Sub', [shrunk, step]),
    [`${name}.first`]: first,
    [`${name}.second`]: second,
  };
  for (const [output, value] of Object.entries(outputs))
    graph.output(`next.${output}`, value, 'float32', [...dims]);
}
