/** The tensors of each architecture's official checkpoints, with their dimensions: what a random one must hold. */
type Dims = Record<string, number[]>;

const linear = (name: string, inputs: number, outputs: number, bias = true): Dims => ({
  [`${name}.weight`]: [outputs, inputs],
  ...(bias ? { [`${name}.bias`]: [outputs] } : {}),
});
const norm = (name: string, width: number): Dims => ({
  [`${name}.weight`]: [width],
  [`${name}.bias`]: [width],
});
const layers = (count: number, each: (i: number) => Dims): Dims =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => each(i)));

export interface BertConfig {
  model_type: string;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  hidden_act: string;
  layer_norm_eps: number;
  vocab_size: number;
  max_position_embeddings: number;
}

export function bertDims(config: BertConfig, prefix = ''): Dims {
  const { hidden_size: width, intermediate_size: wide } = config;
  return {
    [`${prefix}embeddings.word_embeddings.weight`]: [config.vocab_size, width],
    [`${prefix}embeddings.position_embeddings.weight`]: [config.max_position_embeddings, width],
    [`${prefix}embeddings.token_type_embeddings.weight`]: [2, width],
    ...norm(`${prefix}embeddings.LayerNorm`, width),
    ...layers(config.num_hidden_layers, (i) => {
      const layer = `${prefix}encoder.layer.${i}`;
      return {
        ...linear(`${layer}.attention.self.query`, width, width),
        ...linear(`${layer}.attention.self.key`, width, width),
        ...linear(`${layer}.attention.self.value`, width, width),
        ...linear(`${layer}.attention.output.dense`, width, width),
        ...norm(`${layer}.attention.output.LayerNorm`, width),
        ...linear(`${layer}.intermediate.dense`, width, wide),
        ...linear(`${layer}.output.dense`, wide, width),
        ...norm(`${layer}.output.LayerNorm`, width),
      };
    }),
  };
}

export type MpnetConfig = BertConfig & { relative_attention_num_buckets: number };

export function mpnetDims(config: MpnetConfig): Dims {
  const { hidden_size: width, intermediate_size: wide } = config;
  return {
    'embeddings.word_embeddings.weight': [config.vocab_size, width],
    'embeddings.position_embeddings.weight': [config.max_position_embeddings, width],
    ...norm('embeddings.LayerNorm', width),
    'encoder.relative_attention_bias.weight': [
      config.relative_attention_num_buckets,
      config.num_attention_heads,
    ],
    ...layers(config.num_hidden_layers, (i) => {
      const layer = `encoder.layer.${i}`;
      return {
        ...linear(`${layer}.attention.attn.q`, width, width),
        ...linear(`${layer}.attention.attn.k`, width, width),
        ...linear(`${layer}.attention.attn.v`, width, width),
        ...linear(`${layer}.attention.attn.o`, width, width),
        ...norm(`${layer}.attention.LayerNorm`, width),
        ...linear(`${layer}.intermediate.dense`, width, wide),
        ...linear(`${layer}.output.dense`, wide, width),
        ...norm(`${layer}.output.LayerNorm`, width),
      };
    }),
  };
}

export interface VideomaeConfig {
  model_type: string;
  image_size: number;
  patch_size: number;
  num_frames: number;
  tubelet_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  hidden_act: string;
  layer_norm_eps: number;
  use_mean_pooling: boolean;
}

/** @param classes 0: the pretrained model with its last norm; more: fine-tuned, with mean pooling */
export function videomaeDims(config: VideomaeConfig, classes = 0): Dims {
  const { hidden_size: width, intermediate_size: wide, patch_size: p, tubelet_size: t } = config;
  return {
    'videomae.embeddings.patch_embeddings.projection.weight': [width, 3, t, p, p],
    'videomae.embeddings.patch_embeddings.projection.bias': [width],
    ...layers(config.num_hidden_layers, (i) => {
      const layer = `videomae.encoder.layer.${i}`;
      return {
        ...norm(`${layer}.layernorm_before`, width),
        ...linear(`${layer}.attention.attention.query`, width, width, false),
        ...linear(`${layer}.attention.attention.key`, width, width, false),
        ...linear(`${layer}.attention.attention.value`, width, width, false),
        [`${layer}.attention.attention.q_bias`]: [width],
        [`${layer}.attention.attention.v_bias`]: [width],
        ...linear(`${layer}.attention.output.dense`, width, width),
        ...norm(`${layer}.layernorm_after`, width),
        ...linear(`${layer}.intermediate.dense`, width, wide),
        ...linear(`${layer}.output.dense`, wide, width),
      };
    }),
    ...(classes === 0
      ? norm('videomae.layernorm', width)
      : { ...norm('fc_norm', width), ...linear('classifier', width, classes) }),
  };
}

export interface WhisperConfig {
  model_type: string;
  d_model: number;
  num_mel_bins: number;
  encoder_layers: number;
  encoder_attention_heads: number;
  encoder_ffn_dim: number;
  decoder_layers: number;
  decoder_attention_heads: number;
  decoder_ffn_dim: number;
  max_source_positions: number;
  max_target_positions: number;
  vocab_size: number;
  activation_function: string;
}

export function whisperDims(config: WhisperConfig): Dims {
  const width = config.d_model;
  const attention = (name: string): Dims => ({
    ...linear(`${name}.q_proj`, width, width),
    ...linear(`${name}.k_proj`, width, width, false),
    ...linear(`${name}.v_proj`, width, width),
    ...linear(`${name}.out_proj`, width, width),
  });
  const layer = (name: string, wide: number): Dims => ({
    ...attention(`${name}.self_attn`),
    ...norm(`${name}.self_attn_layer_norm`, width),
    ...linear(`${name}.fc1`, width, wide),
    ...linear(`${name}.fc2`, wide, width),
    ...norm(`${name}.final_layer_norm`, width),
  });
  return {
    'model.encoder.conv1.weight': [width, config.num_mel_bins, 3],
    'model.encoder.conv1.bias': [width],
    'model.encoder.conv2.weight': [width, width, 3],
    'model.encoder.conv2.bias': [width],
    'model.encoder.embed_positions.weight': [config.max_source_positions, width],
    ...layers(config.encoder_layers, (i) => layer(`model.encoder.layers.${i}`, config.encoder_ffn_dim)),
    ...norm('model.encoder.layer_norm', width),
    'model.decoder.embed_tokens.weight': [config.vocab_size, width],
    'model.decoder.embed_positions.weight': [config.max_target_positions, width],
    ...layers(config.decoder_layers, (i) => ({
      ...layer(`model.decoder.layers.${i}`, config.decoder_ffn_dim),
      ...attention(`model.decoder.layers.${i}.encoder_attn`),
      ...norm(`model.decoder.layers.${i}.encoder_attn_layer_norm`, width),
    })),
    ...norm('model.decoder.layer_norm', width),
  };
}
