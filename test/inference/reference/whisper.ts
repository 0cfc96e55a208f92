import type { WhisperConfig } from '../architectures.js';
import type { Tensors } from '../random-checkpoint.js';
import { attention, dot, gelu, type Matrix, plus, Reader } from './arithmetic.js';

const EPSILON = 1e-5;

/** Whisper's encoder: Radford et al. (2022), section 2.2. @param mel bins rows of 2 × places columns */
export function whisperEncoder(tensors: Tensors, config: WhisperConfig, mel: Matrix): Matrix {
  const weights = new Reader(tensors, 'model.encoder.');
  const heard = convolve(weights, convolve(weights, columnsToRows(mel), 'conv1', 1), 'conv2', 2);
  let x: Matrix = plus(heard, weights.matrix('embed_positions.weight'));
  for (let i = 0; i < config.encoder_layers; i++) {
    const layer = weights.below(`layers.${i}`);
    const normed = layer.layerNorm(x, 'self_attn_layer_norm', EPSILON);
    x = plus(x, attend(layer.below('self_attn'), normed, normed, config.encoder_attention_heads));
    const wide = gelu(layer.linear(layer.layerNorm(x, 'final_layer_norm', EPSILON), 'fc1'));
    x = plus(x, layer.linear(wide, 'fc2'));
  }
  return weights.layerNorm(x, 'layer_norm', EPSILON);
}

/** Whisper's decoder without a cache: every token's logits from all tokens up to it, one row each. */
export function whisperDecoder(
  tensors: Tensors,
  config: WhisperConfig,
  states: Matrix,
  tokens: number[],
): Matrix {
  const weights = new Reader(tensors, 'model.decoder.');
  const table = weights.matrix('embed_tokens.weight');
  const positions = weights.matrix('embed_positions.weight');
  const heads = config.decoder_attention_heads;
  const past = (_: number, query: number, key: number) => (key > query ? Number.NEGATIVE_INFINITY : 0);
  let x: Matrix = tokens.map((token, i) => table[token]!.map((v, c) => v + positions[i]![c]!));
  for (let i = 0; i < config.decoder_layers; i++) {
    const layer = weights.below(`layers.${i}`);
    const normed = layer.layerNorm(x, 'self_attn_layer_norm', EPSILON);
    x = plus(x, attend(layer.below('self_attn'), normed, normed, heads, past));
    const asking = layer.layerNorm(x, 'encoder_attn_layer_norm', EPSILON);
    x = plus(x, attend(layer.below('encoder_attn'), asking, states, heads));
    const wide = gelu(layer.linear(layer.layerNorm(x, 'final_layer_norm', EPSILON), 'fc1'));
    x = plus(x, layer.linear(wide, 'fc2'));
  }
  const last = weights.layerNorm(x, 'layer_norm', EPSILON);
  return last.map((row) => Float64Array.from(table, (vector) => dot(vector, row)));
}

function attend(
  weights: Reader,
  from: Matrix,
  to: Matrix,
  heads: number,
  score?: (head: number, query: number, key: number) => number,
): Matrix {
  const attended = attention(
    weights.linear(from, 'q_proj'),
    weights.linear(to, 'k_proj'),
    weights.linear(to, 'v_proj'),
    heads,
    score,
  );
  return weights.linear(attended, 'out_proj');
}

/** Kernel of three steps, one step of silence on both sides, then GELU. @param rows one a time step */
function convolve(weights: Reader, rows: Matrix, name: string, stride: number): Matrix {
  const kernel = weights.matrix(`${name}.weight`);
  const bias = weights.vector(`${name}.bias`);
  const inputs = rows[0]!.length;
  const out: Matrix = [];
  for (let step = 0; step < rows.length; step += stride) {
    out.push(
      Float64Array.from(kernel, (weight, o) => {
        let sum = bias[o]!;
        for (let c = 0; c < inputs; c++)
          for (let k = 0; k < 3; k++) sum += weight[c * 3 + k]! * (rows[step + k - 1]?.[c] ?? 0);
        return sum;
      }),
    );
  }
  return gelu(out);
}

function columnsToRows(matrix: Matrix): Matrix {
  return Array.from(matrix[0]!, (_, c) => Float64Array.from(matrix, (row) => row[c]!));
}
