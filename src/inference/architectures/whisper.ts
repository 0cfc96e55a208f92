import { z } from 'zod';
import { count, gelu } from './shape.js';

/** What the builders need of a Whisper checkpoint's config.json. */
export const whisperShape = z.object({
  model_type: z.literal('whisper'),
  d_model: count,
  num_mel_bins: count,
  encoder_layers: count,
  encoder_attention_heads: count,
  decoder_layers: count,
  decoder_attention_heads: count,
  max_source_positions: count,
  max_target_positions: count,
  vocab_size: count,
  activation_function: gelu,
  scale_embedding: z.literal(false).default(false),
});
export type WhisperShape = z.infer<typeof whisperShape>;

/** PyTorch's default, which Whisper has everywhere. */
export const NORM_EPSILON = 1e-5;

/** Names of the decoder's cache, one pair a layer: what it heard, and what it said so far. */
export const heardKeys = (layer: number) => `heard_keys_${layer}`;
export const heardValues = (layer: number) => `heard_values_${layer}`;
export const pastKeys = (layer: number) => `past_keys_${layer}`;
export const pastValues = (layer: number) => `past_values_${layer}`;
export const allKeys = (layer: number) => `keys_${layer}`;
export const allValues = (layer: number) => `values_${layer}`;
