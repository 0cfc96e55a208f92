import { bucketOf } from '../../src/inference/architectures/mpnet.js';
import { Weights } from '../../src/inference/architectures/weights.js';
import type { Checkpoint } from '../../src/inference/checkpoint.js';
import { GraphBuilder, type Linear, type Parameter, type Precision } from '../../src/inference/onnx/graph.js';
import { normalise } from '../../src/inference/onnx/layers.js';
import type { OnnxNode } from '../../src/inference/onnx.js';

/**
 * The same weights as the graphs that transformers.js is given by the hub: operator for operator what PyTorch's
 * exporter writes (products, transposes, softmax, erf), with the inputs and outputs that transformers.js knows.
 * ONNX Runtime fuses of them what it can when it loads them.
 */

/** Places of all-mpnet-base-v2. */
const LONGEST = 512;

/** input_ids, attention_mask → last_hidden_state. */
export function exportMpnet(checkpoint: Checkpoint): GraphBuilder {
  const config = checkpoint.config as {
    hidden_size: number;
    num_hidden_layers: number;
    num_attention_heads: number;
  };
  const { hidden_size: width, num_attention_heads: heads } = config;
  const weights = new Weights(checkpoint);
  const g = new GraphBuilder('mpnet', 'float32');
  const ids = g.input('input_ids', 'int64', ['batch', 'places']);
  const given = g.input('attention_mask', 'int64', ['batch', 'places']);
  const mask = maskOf(g, given);
  const length = g.add('Gather', [g.add('Shape', [ids]), g.integers([1], [])]);
  const places = g.add('Range', [g.integers([0], []), length, g.integers([1], [])]);
  const rows = g.add('Add', [places, g.integers([2], [])]);
  const word = g.add('Gather', [g.parameter(weights.tensor('embeddings.word_embeddings.weight')), ids]);
  const position = g.add('Gather', [
    g.parameter(weights.tensor('embeddings.position_embeddings.weight')),
    rows,
  ]);
  const bias = relativeBias(g, weights.tensor('encoder.relative_attention_bias.weight'), places);
  let x = normalise(g, g.add('Add', [word, position]), weights.norm('embeddings.LayerNorm', 1e-5));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = weights.below(`encoder.layer.${i}`);
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      headsOf(g, g.linear(x, layer.linear(`attention.attn.${name}`)), heads, width),
    );
    const scores = g.add('Add', [g.add('Add', [scoresOf(g, q!, k!, width / heads), bias]), mask]);
    const attended = g.linear(
      mergeHeads(g, attendPlain(g, scores, v!), width),
      layer.linear('attention.attn.o'),
    );
    x = normalise(g, g.add('Add', [attended, x]), layer.norm('attention.LayerNorm', 1e-5));
    const wide = geluPlain(g, g.linear(x, layer.linear('intermediate.dense')));
    x = normalise(
      g,
      g.add('Add', [g.linear(wide, layer.linear('output.dense')), x]),
      layer.norm('output.LayerNorm', 1e-5),
    );
  }
  g.output('last_hidden_state', x, 'float32', ['batch', 'places', width]);
  return g;
}

interface WhisperSizes {
  d_model: number;
  num_mel_bins: number;
  encoder_layers: number;
  decoder_layers: number;
  decoder_attention_heads: number;
  vocab_size: number;
}

/** input_features → last_hidden_state. */
export function exportWhisperEncoder(checkpoint: Checkpoint, precision: Precision): GraphBuilder {
  const config = checkpoint.config as unknown as WhisperSizes;
  const { d_model: width, decoder_attention_heads: heads } = config;
  const weights = new Weights(checkpoint).below('model.encoder');
  const g = new GraphBuilder('encoder', precision);
  const features = g.input('input_features', 'float32', ['batch', config.num_mel_bins, 3000]);
  const heard = convolve(g, convolve(g, features, weights.linear('conv1'), 1), weights.linear('conv2'), 2);
  const rows = g.add('Transpose', [heard], { attributes: { perm: [0, 2, 1] } });
  let x = g.add('Add', [rows, g.parameter(weights.tensor('embed_positions.weight'))]);
  for (let i = 0; i < config.encoder_layers; i++) {
    const layer = weights.below(`layers.${i}`);
    const normed = normalise(g, x, layer.norm('self_attn_layer_norm', 1e-5));
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      headsOf(g, g.linear(normed, layer.linear(`self_attn.${name}_proj`)), heads, width),
    );
    const attended = mergeHeads(g, attendPlain(g, scoresOf(g, q!, k!, width / heads), v!), width);
    x = g.add('Add', [x, g.linear(attended, layer.linear('self_attn.out_proj'))]);
    x = addFeedForward(g, x, layer);
  }
  g.output('last_hidden_state', normalise(g, x, weights.norm('layer_norm', 1e-5)), 'float32', [
    'batch',
    1500,
    width,
  ]);
  return g;
}

/** input_ids, encoder_hidden_states, past_key_values.*, use_cache_branch → logits, present.*. */
export function exportWhisperDecoder(checkpoint: Checkpoint, precision: Precision): GraphBuilder {
  const config = checkpoint.config as unknown as WhisperSizes;
  const { d_model: width, decoder_attention_heads: heads } = config;
  const weights = new Weights(checkpoint).below('model.decoder');
  const g = new GraphBuilder('decoder', precision);
  const ids = g.input('input_ids', 'int64', ['batch', 'steps']);
  g.input('encoder_hidden_states', 'float32', ['batch', 'places', width]);
  g.input('use_cache_branch', 'bool', [1]);
  const cacheDims = ['batch', heads, 'past', width / heads];
  for (let i = 0; i < config.decoder_layers; i++) {
    for (const side of ['decoder', 'encoder']) {
      for (const role of ['key', 'value'])
        g.input(`past_key_values.${i}.${side}.${role}`, 'float32', cacheDims);
    }
  }
  const steps = g.add('Gather', [g.add('Shape', [ids]), g.integers([1], [])]);
  const past = g.add('Gather', [g.add('Shape', ['past_key_values.0.decoder.key']), g.integers([2], [])]);
  const all = g.add('Add', [past, steps]);
  const places = g.add('Range', [past, all, g.integers([1], [])]);
  const later = laterPlaces(g, places, all);
  const vocabulary = weights.tensor('embed_tokens.weight');
  const table = g.parameter(vocabulary);
  const positions = g.add('Gather', [g.parameter(weights.tensor('embed_positions.weight')), places]);
  let x = g.add('Add', [g.add('Gather', [table, ids]), positions]);
  for (let i = 0; i < config.decoder_layers; i++) {
    const layer = weights.below(`layers.${i}`);
    const normed = normalise(g, x, layer.norm('self_attn_layer_norm', 1e-5));
    const [q, ownKeys, ownValues] = ['q', 'k', 'v'].map((name) =>
      headsOf(g, g.linear(normed, layer.linear(`self_attn.${name}_proj`)), heads, width),
    );
    const keys = g.add('Concat', [`past_key_values.${i}.decoder.key`, ownKeys!], { attributes: { axis: 2 } });
    const values = g.add('Concat', [`past_key_values.${i}.decoder.value`, ownValues!], {
      attributes: { axis: 2 },
    });
    g.output(`present.${i}.decoder.key`, keys, 'float32', cacheDims);
    g.output(`present.${i}.decoder.value`, values, 'float32', cacheDims);
    const scores = g.add('Add', [scoresOf(g, q!, keys, width / heads), later]);
    x = g.add('Add', [
      x,
      g.linear(mergeHeads(g, attendPlain(g, scores, values), width), layer.linear('self_attn.out_proj')),
    ]);
    x = g.add('Add', [x, listenMerged(g, x, layer, i, heads, width)]);
    x = addFeedForward(g, x, layer);
  }
  const last = normalise(g, x, weights.norm('layer_norm', 1e-5));
  const logits =
    precision === 'int8'
      ? g.linear(last, { weight: vocabulary, bias: null })
      : g.add('MatMul', [last, g.add('Transpose', [table], { attributes: { perm: [1, 0] } })]);
  g.output('logits', logits, 'float32', ['batch', 'steps', config.vocab_size]);
  return g;
}

/** Cross-attention in two branches, as merged decoders have it: keys worked out at first, taken from the cache later. */
function listenMerged(
  g: GraphBuilder,
  x: string,
  layer: Weights,
  i: number,
  heads: number,
  width: number,
): string {
  const normed = normalise(g, x, layer.norm('encoder_attn_layer_norm', 1e-5));
  const q = headsOf(g, g.linear(normed, layer.linear('encoder_attn.q_proj')), heads, width);
  const roles = ['key', 'value'] as const;
  const dims = ['batch', heads, 'places', width / heads];
  const value = (name: string) => ({ name, type: 'float32' as const, dims });
  const cached = branch(g, () => {
    const [keys, values] = roles.map((role) => `past_key_values.${i}.encoder.${role}`);
    const attended = attendPlain(g, scoresOf(g, q, keys!, width / heads), values!);
    const empty = () =>
      g.parameter({ dims: [0, heads, 1, width / heads], read: async () => new Float32Array(0) });
    return [attended, ...roles.map(() => g.add('Identity', [empty()]))];
  });
  const first = branch(g, () => {
    const [keys, values] = ['k', 'v'].map((name) =>
      headsOf(g, g.linear('encoder_hidden_states', layer.linear(`encoder_attn.${name}_proj`)), heads, width),
    );
    return [attendPlain(g, scoresOf(g, q, keys!, width / heads), values!), keys!, values!];
  });
  const graphOf = (name: string, { nodes, results }: Branch) => ({
    graph: { name, inputs: [], outputs: results.map(value), nodes, weights: [] },
  });
  const [attended, keys, values] = g.addMany('If', ['use_cache_branch'], 3, {
    attributes: { then_branch: graphOf(`cached_${i}`, cached), else_branch: graphOf(`first_${i}`, first) },
  });
  g.output(`present.${i}.encoder.key`, keys!, 'float32', dims);
  g.output(`present.${i}.encoder.value`, values!, 'float32', dims);
  return g.linear(mergeHeads(g, attended!, width), layer.linear('encoder_attn.out_proj'));
}

interface Branch {
  nodes: OnnxNode[];
  results: string[];
}

/** Takes the nodes that `build` adds out of the graph; its weights stay outside, as in merged models. */
let branches = 0;
function branch(g: GraphBuilder, build: () => string[]): Branch {
  const start = g.nodes.length;
  const results = build();
  const nodes = g.nodes.splice(start);
  // The place of the next node names its outputs: rename what was taken out.
  const suffix = `_branch${branches++}`;
  const own = new Set(nodes.flatMap((node) => node.outputs));
  const rename = (name: string) => (own.has(name) ? name + suffix : name);
  return {
    nodes: nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    results: results.map(rename),
  };
}

function addFeedForward(g: GraphBuilder, x: string, layer: Weights): string {
  const normed = normalise(g, x, layer.norm('final_layer_norm', 1e-5));
  return g.add('Add', [
    x,
    g.linear(geluPlain(g, g.linear(normed, layer.linear('fc1'))), layer.linear('fc2')),
  ]);
}

function convolve(g: GraphBuilder, x: string, { weight, bias }: Linear, stride: number): string {
  const attributes = { kernel_shape: [3], strides: [stride], pads: [1, 1] };
  return geluPlain(g, g.add('Conv', [x, g.parameter(weight), g.parameter(bias!)], { attributes }));
}

function geluPlain(g: GraphBuilder, x: string): string {
  const error = g.add('Add', [g.add('Erf', [g.add('Div', [x, g.scalar(Math.SQRT2)])]), g.scalar(1)]);
  return g.add('Mul', [g.add('Mul', [x, error]), g.scalar(0.5)]);
}

function headsOf(g: GraphBuilder, x: string, heads: number, width: number): string {
  const split = g.add('Reshape', [x, g.integers([0, 0, heads, width / heads])]);
  return g.add('Transpose', [split], { attributes: { perm: [0, 2, 1, 3] } });
}

function mergeHeads(g: GraphBuilder, x: string, width: number): string {
  return g.add('Reshape', [
    g.add('Transpose', [x], { attributes: { perm: [0, 2, 1, 3] } }),
    g.integers([0, 0, width]),
  ]);
}

function scoresOf(g: GraphBuilder, q: string, k: string, headWidth: number): string {
  const turned = g.add('Transpose', [k], { attributes: { perm: [0, 1, 3, 2] } });
  return g.add('Div', [g.add('MatMul', [q, turned]), g.scalar(Math.sqrt(headWidth))]);
}

function attendPlain(g: GraphBuilder, scores: string, values: string): string {
  return g.add('MatMul', [g.add('Softmax', [scores], { attributes: { axis: -1 } }), values]);
}

/** (batch, 1, 1, places): 0 where the mask is 1, far below 0 elsewhere. */
function maskOf(g: GraphBuilder, mask: string): string {
  const spread = g.cast(g.add('Unsqueeze', [mask, g.integers([1, 2])]), 'float32');
  return g.add('Mul', [g.add('Sub', [g.scalar(1), spread]), g.scalar(-3.4e38)]);
}

/** (steps, all): far below 0 for keys later than the query. */
function laterPlaces(g: GraphBuilder, places: string, all: string): string {
  const keys = g.add('Range', [g.integers([0], []), all, g.integers([1], [])]);
  const queries = g.add('Unsqueeze', [places, g.integers([1])]);
  return g.add('Mul', [g.cast(g.add('Greater', [keys, queries]), 'float32'), g.scalar(-3.4e38)]);
}

/** (1, heads, places, places): the bucket of each distance, then the bucket's bias a head. */
function relativeBias(g: GraphBuilder, table: Parameter, places: string): string {
  const distances = g.add('Sub', [
    g.add('Unsqueeze', [places, g.integers([0])]),
    g.add('Unsqueeze', [places, g.integers([1])]),
  ]);
  const buckets = g.integers(
    Array.from({ length: 2 * LONGEST - 1 }, (_, i) => bucketOf(i - LONGEST + 1, table.dims[0]!)),
  );
  const own = g.add('Gather', [buckets, g.add('Add', [distances, g.integers([LONGEST - 1], [])])]);
  const bias = g.add('Transpose', [g.add('Gather', [g.parameter(table), own])], {
    attributes: { perm: [2, 0, 1] },
  });
  return g.add('Unsqueeze', [bias, g.integers([0])]);
}
