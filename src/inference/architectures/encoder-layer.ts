import type { GraphBuilder, Linear } from '../onnx/graph.js';
import {
  type AttentionOptions,
  addAndNormalise,
  attend,
  joined,
  linearGelu,
  type Norm,
} from '../onnx/layers.js';

/** One layer of a Transformer encoder: self-attention, then two linear layers with a GELU between them. */
export interface EncoderLayer {
  query: Linear;
  key: Linear;
  value: Linear;
  out: Linear;
  attentionNorm: Norm;
  expand: Linear;
  contract: Linear;
  outputNorm: Norm;
}

type SelfAttention = Pick<AttentionOptions, 'heads' | 'keyMask' | 'scoreBias'>;

/** Normalises after each residual, as BERT does (Devlin et al., 2019). */
export function postNormLayer(
  g: GraphBuilder,
  x: string,
  layer: EncoderLayer,
  attention: SelfAttention,
): string {
  const attended = attendSelf(g, x, layer, attention);
  const middle = addAndNormalise(g, x, attended, layer.out, layer.attentionNorm).normalised;
  const expanded = linearGelu(g, middle, layer.expand);
  return addAndNormalise(g, middle, expanded, layer.contract, layer.outputNorm).normalised;
}

/** A residual and its normalised form, which the next layer reads. */
export interface Stream {
  sum: string;
  normalised: string;
}

/**
 * Normalises before each branch, as ViT and Whisper do: `attentionNorm` is applied by whoever comes before.
 * @param next the norm that comes after this layer: the next one's `attentionNorm`, or the last of all
 */
export function preNormLayer(
  g: GraphBuilder,
  { sum, normalised }: Stream,
  layer: EncoderLayer,
  attention: SelfAttention,
  next: Norm,
): Stream {
  const attended = attendSelf(g, normalised, layer, attention);
  const middle = addAndNormalise(g, sum, attended, layer.out, layer.outputNorm);
  const expanded = linearGelu(g, middle.normalised, layer.expand);
  return addAndNormalise(g, middle.sum, expanded, layer.contract, next);
}

function attendSelf(
  g: GraphBuilder,
  x: string,
  { query, key, value }: EncoderLayer,
  attention: SelfAttention,
): string {
  const projected = [query, key, value].map(({ weight }) => g.linear(x, { weight, bias: null }));
  const biases = [query.bias, key.bias, value.bias];
  const bias = biases.some((part) => part !== null) ? joined(biases, query.weight.dims[0]!) : undefined;
  const [q, k, v] = projected as [string, string, string];
  return attend(g, q, k, v, { ...attention, bias }).output;
}
