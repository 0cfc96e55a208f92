import type { BertConfig, MpnetConfig } from '../architectures.js';
import type { Tensors } from '../random-checkpoint.js';
import { attention, gelu, type Matrix, plus, Reader } from './arithmetic.js';

/** One sentence through BERT: Devlin et al. (2019), figure 2 and section 3. */
export function bert(tensors: Tensors, config: BertConfig, tokens: number[], prefix = ''): Matrix {
  const weights = new Reader(tensors, prefix);
  const words = weights.matrix('embeddings.word_embeddings.weight');
  const positions = weights.matrix('embeddings.position_embeddings.weight');
  const [segment] = weights.matrix('embeddings.token_type_embeddings.weight');
  const sums = tokens.map((token, i) => words[token]!.map((v, c) => v + positions[i]![c]! + segment![c]!));
  let x = weights.layerNorm(sums, 'embeddings.LayerNorm', config.layer_norm_eps);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = weights.below(`encoder.layer.${i}`);
    const [q, k, v] = ['query', 'key', 'value'].map((name) => layer.linear(x, `attention.self.${name}`));
    const attended = layer.linear(
      attention(q!, k!, v!, config.num_attention_heads),
      'attention.output.dense',
    );
    const middle = layer.layerNorm(plus(attended, x), 'attention.output.LayerNorm', config.layer_norm_eps);
    const wide = gelu(layer.linear(middle, 'intermediate.dense'));
    x = layer.layerNorm(
      plus(layer.linear(wide, 'output.dense'), middle),
      'output.LayerNorm',
      config.layer_norm_eps,
    );
  }
  return x;
}

/**
 * One sentence through MPNet's encoder: Song et al. (2020), section 3, with the relative positions of
 * Raffel et al. (2020), section 2.1; places count from 2, after the rows of the two special positions.
 */
export function mpnet(tensors: Tensors, config: MpnetConfig, tokens: number[]): Matrix {
  const weights = new Reader(tensors, '');
  const words = weights.matrix('embeddings.word_embeddings.weight');
  const positions = weights.matrix('embeddings.position_embeddings.weight');
  const buckets = weights.matrix('encoder.relative_attention_bias.weight');
  const sums = tokens.map((token, i) => words[token]!.map((v, c) => v + positions[i + 2]![c]!));
  const bias = (head: number, query: number, key: number) =>
    buckets[relativeBucket(key - query, config.relative_attention_num_buckets)]![head]!;
  let x = weights.layerNorm(sums, 'embeddings.LayerNorm', config.layer_norm_eps);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = weights.below(`encoder.layer.${i}`);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => layer.linear(x, `attention.attn.${name}`));
    const attended = layer.linear(
      attention(q!, k!, v!, config.num_attention_heads, bias),
      'attention.attn.o',
    );
    const middle = layer.layerNorm(plus(attended, x), 'attention.LayerNorm', config.layer_norm_eps);
    const wide = gelu(layer.linear(middle, 'intermediate.dense'));
    x = layer.layerNorm(
      plus(layer.linear(wide, 'output.dense'), middle),
      'output.LayerNorm',
      config.layer_norm_eps,
    );
  }
  return x;
}

/** The bucket found by walking outwards: its lower edge is the largest that the distance reaches. */
function relativeBucket(offset: number, buckets: number): number {
  const side = buckets / 2;
  const single = side / 2;
  const distance = Math.abs(offset);
  let bucket = Math.min(distance, single);
  while (bucket < side - 1 && bucket >= single && distance >= lowerEdge(bucket + 1, single, side)) bucket++;
  return bucket + (offset > 0 ? side : 0);
}

/** Edges grow geometrically from `single` to 128 over the other half of the side's buckets. */
function lowerEdge(bucket: number, single: number, side: number): number {
  return single * (128 / single) ** ((bucket - single) / (side - single)) - 1e-9;
}

/** Mean of the rows, brought to length 1: Reimers & Gurevych (2019). */
export function meanOfUnitLength(rows: Matrix): Float64Array {
  const mean = rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
  const length = Math.sqrt(mean.reduce((sum, v) => sum + v * v, 0));
  return mean.map((v) => v / length);
}
