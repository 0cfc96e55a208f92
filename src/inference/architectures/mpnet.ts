import { z } from 'zod';
import type { Checkpoint } from '../checkpoint.js';
import { GraphBuilder, type Parameter } from '../onnx/graph.js';
import { normalise } from '../onnx/layers.js';
import { type EncoderLayer, postNormLayer } from './encoder-layer.js';
import { count, gelu, readShape } from './shape.js';
import {
  normEpsilon,
  placesOf,
  shiftedTable,
  type TextEncoderOptions,
  textInputs,
  textOutputs,
} from './text-encoder.js';
import { Weights } from './weights.js';

const shape = z.object({
  model_type: z.literal('mpnet'),
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  hidden_act: gelu,
  layer_norm_eps: normEpsilon,
  max_position_embeddings: count,
  relative_attention_num_buckets: count.default(32),
  pad_token_id: z.number().int().default(1),
});

/** Distances from here on share the last bucket (Raffel et al., 2020, section 2.1). */
const MAX_DISTANCE = 128;

/**
 * MPNet's encoder (Song et al., 2020): tokens and mask → `states` and `embedding` (see text-encoder.ts).
 * @throws Failure MODEL_INVALID when the checkpoint is not an MPNet
 */
export function buildMpnet(checkpoint: Checkpoint, options: TextEncoderOptions): GraphBuilder {
  const config = readShape(checkpoint, shape);
  const root = new Weights(checkpoint);
  const weights = root.has('embeddings.word_embeddings.weight') ? root : root.below('mpnet');
  const g = new GraphBuilder('mpnet', options.precision);
  const { tokens, mask } = textInputs(g);

  // Rows up to the padding token's are never used for a token: places count from the row after it.
  const firstRow = config.pad_token_id + 1;
  const longest = config.max_position_embeddings - firstRow;
  const embeddings = weights.below('embeddings');
  const positions = shiftedTable(embeddings.tensor('position_embeddings.weight'), firstRow, null);
  const places = placesOf(g, tokens);
  const words = g.lookUp(embeddings.tensor('word_embeddings.weight'), tokens);
  const embedded = g.add('Add', [words, g.lookUp(positions, places)]);
  const scoreBias = relativeBias(
    g,
    weights.tensor('encoder.relative_attention_bias.weight'),
    places,
    longest,
  );

  let x = normalise(g, embedded, embeddings.norm('LayerNorm', config.layer_norm_eps));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = mpnetLayer(weights.below(`encoder.layer.${i}`), config.layer_norm_eps);
    x = postNormLayer(g, x, layer, { heads: config.num_attention_heads, keyMask: mask, scoreBias });
  }
  textOutputs(g, x, mask, config.hidden_size, options);
  return g;
}

function mpnetLayer(weights: Weights, epsilon: number): EncoderLayer {
  return {
    query: weights.linear('attention.attn.q'),
    key: weights.linear('attention.attn.k'),
    value: weights.linear('attention.attn.v'),
    out: weights.linear('attention.attn.o'),
    attentionNorm: weights.norm('attention.LayerNorm', epsilon),
    expand: weights.linear('intermediate.dense'),
    contract: weights.linear('output.dense'),
    outputNorm: weights.norm('output.LayerNorm', epsilon),
  };
}

/** (1, heads, queries, keys): what each head adds to the score of a key at that distance from the query. */
function relativeBias(g: GraphBuilder, table: Parameter, places: string, longest: number): string {
  const spread = g.parameter(biasByDistance(table, longest));
  const keys = g.add('Unsqueeze', [places, g.integers([0])]);
  const queries = g.add('Unsqueeze', [places, g.integers([1])]);
  const distances = g.add('Sub', [keys, queries]);
  const columns = g.add('Add', [distances, g.integers([longest - 1], [])]);
  const bias = g.add('Gather', [spread, columns], { attributes: { axis: 1 } });
  return g.add('Unsqueeze', [bias, g.integers([0])]);
}

/** The buckets' table (buckets, heads) spread over every distance: (heads, 2·longest − 1), distance 0 in the middle. */
function biasByDistance(table: Parameter, longest: number): Parameter {
  const [buckets, heads] = table.dims as [number, number];
  const distances = 2 * longest - 1;
  return {
    dims: [heads, distances],
    read: async () => {
      const rows = await table.read();
      const spread = new Float32Array(heads * distances);
      for (let column = 0; column < distances; column++) {
        const bucket = bucketOf(column - (longest - 1), buckets);
        for (let head = 0; head < heads; head++)
          spread[head * distances + column] = rows[bucket * heads + head]!;
      }
      return spread;
    },
  };
}

/**
 * T5's buckets in both directions: the lower half for keys at or before the query, the upper half for keys after
 * it; in each half, half of the buckets for one distance each and the rest growing logarithmically.
 * @param distance key's place minus query's place
 */
export function bucketOf(distance: number, buckets: number): number {
  const half = buckets / 2;
  const base = distance > 0 ? half : 0;
  const far = Math.abs(distance);
  const exact = half / 2;
  if (far < exact) return base + far;
  const logarithmic =
    exact + Math.floor((Math.log(far / exact) / Math.log(MAX_DISTANCE / exact)) * (half - exact));
  return base + Math.min(logarithmic, half - 1);
}
