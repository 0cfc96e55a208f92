import type { VideomaeConfig } from '../architectures.js';
import type { Tensors } from '../random-checkpoint.js';
import { attention, gelu, type Matrix, plus, Reader } from './arithmetic.js';

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

export interface VideomaeResult {
  embedding: Float64Array;
  classes: Float64Array | null;
}

/**
 * One clip through VideoMAE's encoder without masking: Tong et al. (2022), sections 3.2 and 4; the layers are
 * those of ViT (Dosovitskiy et al., 2021), the positions sinusoids (Vaswani et al., 2017, section 3.5).
 * @param frames RGB bytes, frames × size × size × 3
 */
export function videomae(tensors: Tensors, config: VideomaeConfig, frames: Uint8Array): VideomaeResult {
  const weights = new Reader(tensors, 'videomae.');
  let x = plus(cubes(weights, config, frames), sinusoids(config));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = weights.below(`encoder.layer.${i}`);
    const normed = layer.layerNorm(x, 'layernorm_before', config.layer_norm_eps);
    const q = layer.linear(normed, 'attention.attention.query', layer.vector('attention.attention.q_bias'));
    const k = layer.linear(normed, 'attention.attention.key', null);
    const v = layer.linear(normed, 'attention.attention.value', layer.vector('attention.attention.v_bias'));
    const attended = attention(q, k, v, config.num_attention_heads);
    x = plus(x, layer.linear(attended, 'attention.output.dense'));
    const wide = gelu(
      layer.linear(layer.layerNorm(x, 'layernorm_after', config.layer_norm_eps), 'intermediate.dense'),
    );
    x = plus(x, layer.linear(wide, 'output.dense'));
  }
  if (weights.has('layernorm.weight')) x = weights.layerNorm(x, 'layernorm', config.layer_norm_eps);
  const embedding = x[0]!.map((_, c) => x.reduce((sum, row) => sum + row[c]!, 0) / x.length);
  const head = new Reader(tensors, '');
  const classes = head.has('classifier.weight')
    ? head.linear(head.layerNorm([embedding], 'fc_norm', 1e-5), 'classifier')[0]!
    : null;
  return { embedding, classes };
}

/** The convolution spelled out: every cube of pixels against every kernel. */
function cubes(weights: Reader, config: VideomaeConfig, frames: Uint8Array): Matrix {
  const { image_size: size, patch_size: p, tubelet_size: t, num_frames } = config;
  const kernel = weights.matrix('embeddings.patch_embeddings.projection.weight');
  const bias = weights.vector('embeddings.patch_embeddings.projection.bias');
  const pixel = (frame: number, row: number, column: number, channel: number) => {
    const byte = frames[((frame * size + row) * size + column) * 3 + channel]!;
    return (byte / 255 - MEAN[channel]!) / DEVIATION[channel]!;
  };
  const tokens: Matrix = [];
  for (let frame = 0; frame < num_frames; frame += t) {
    for (let row = 0; row < size; row += p) {
      for (let column = 0; column < size; column += p) {
        const token = Float64Array.from(bias);
        kernel.forEach((weight, out) => {
          for (let c = 0, i = 0; c < 3; c++)
            for (let f = 0; f < t; f++)
              for (let y = 0; y < p; y++)
                for (let z = 0; z < p; z++, i++)
                  token[out]! += weight[i]! * pixel(frame + f, row + y, column + z, c);
        });
        tokens.push(token);
      }
    }
  }
  return tokens;
}

function sinusoids({
  num_frames,
  tubelet_size,
  image_size,
  patch_size,
  hidden_size,
}: VideomaeConfig): Matrix {
  const places = (num_frames / tubelet_size) * (image_size / patch_size) ** 2;
  return Array.from({ length: places }, (_, place) => {
    const row = new Float64Array(hidden_size);
    for (let pair = 0; 2 * pair < hidden_size; pair++) {
      const angle = place / Math.exp((2 * pair * Math.log(10_000)) / hidden_size);
      row[2 * pair] = Math.sin(angle);
      row[2 * pair + 1] = Math.cos(angle);
    }
    return row;
  });
}
