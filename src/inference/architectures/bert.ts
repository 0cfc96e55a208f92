import { z } from 'zod';
import type { Checkpoint } from '../checkpoint.js';
import { GraphBuilder } from '../onnx/graph.js';
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
  model_type: z.literal('bert'),
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  hidden_act: gelu,
  layer_norm_eps: normEpsilon,
  position_embedding_type: z.literal('absolute').default('absolute'),
});

/**
 * BERT (Devlin et al., 2019), one segment: tokens and mask → `states` and `embedding` (see text-encoder.ts).
 * @throws Failure MODEL_INVALID when the checkpoint is not a BERT
 */
export function buildBert(checkpoint: Checkpoint, options: TextEncoderOptions): GraphBuilder {
  const config = readShape(checkpoint, shape);
  const root = new Weights(checkpoint);
  const weights = root.has('embeddings.word_embeddings.weight') ? root : root.below('bert');
  const g = new GraphBuilder('bert', options.precision);
  const { tokens, mask } = textInputs(g);

  const embeddings = weights.below('embeddings');
  const segment = embeddings.tensor('token_type_embeddings.weight');
  const firstSegment = {
    dims: [config.hidden_size],
    read: async () => (await segment.read()).subarray(0, config.hidden_size),
  };
  const positions = shiftedTable(embeddings.tensor('position_embeddings.weight'), 0, firstSegment);
  const words = g.lookUp(embeddings.tensor('word_embeddings.weight'), tokens);
  const embedded = g.add('Add', [words, g.lookUp(positions, placesOf(g, tokens))]);

  let x = normalise(g, embedded, embeddings.norm('LayerNorm', config.layer_norm_eps));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = bertLayer(weights.below(`encoder.layer.${i}`), config.layer_norm_eps);
    x = postNormLayer(g, x, layer, { heads: config.num_attention_heads, keyMask: mask });
  }
  textOutputs(g, x, mask, config.hidden_size, options);
  return g;
}

function bertLayer(weights: Weights, epsilon: number): EncoderLayer {
  return {
    query: weights.linear('attention.self.query'),
    key: weights.linear('attention.self.key'),
    value: weights.linear('attention.self.value'),
    out: weights.linear('attention.output.dense'),
    attentionNorm: weights.norm('attention.output.LayerNorm', epsilon),
    expand: weights.linear('intermediate.dense'),
    contract: weights.linear('output.dense'),
    outputNorm: weights.norm('output.LayerNorm', epsilon),
  };
}
