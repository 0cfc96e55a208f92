import type { Checkpoint } from '../checkpoint.js';
import { GraphBuilder, type Linear, type Precision } from '../onnx/graph.js';
import { normalise } from '../onnx/layers.js';
import { type EncoderLayer, preNormLayer, type Stream } from './encoder-layer.js';
import { readShape } from './shape.js';
import { Weights } from './weights.js';
import { heardKeys, heardValues, NORM_EPSILON, type WhisperShape, whisperShape } from './whisper.js';

/**
 * Whisper's encoder (Radford et al., 2022) up to what its decoder listens to: `mel` float32
 * (windows, bins, 2 × places) → for each decoder layer `heard_keys_i` and `heard_values_i`
 * (windows, heads, places, head width), the cross-attention's projections of the encoder's states.
 * They are the same for every token, so they are worked out here, once a window.
 * @throws Failure MODEL_INVALID when the checkpoint is not a Whisper
 */
export function buildWhisperEncoder(checkpoint: Checkpoint, precision: Precision): GraphBuilder {
  const config = readShape(checkpoint, whisperShape);
  const root = new Weights(checkpoint).below('model');
  const weights = root.below('encoder');
  const g = new GraphBuilder('whisper-encoder', precision);
  const mel = g.input('mel', 'float32', ['windows', config.num_mel_bins, 2 * config.max_source_positions]);

  const heard = convolve(
    g,
    convolve(g, g.fromFloat32(mel), weights.linear('conv1'), 1),
    weights.linear('conv2'),
    2,
  );
  const rows = g.add('Transpose', [heard], { attributes: { perm: [0, 2, 1] } });
  const x = g.add('Add', [rows, g.parameter(weights.tensor('embed_positions.weight'))]);

  const layers = Array.from({ length: config.encoder_layers }, (_, i) =>
    encoderLayer(weights.below(`layers.${i}`)),
  );
  const last = weights.norm('layer_norm', NORM_EPSILON);
  let stream: Stream = { sum: x, normalised: normalise(g, x, layers[0]!.attentionNorm) };
  layers.forEach((layer, i) => {
    const next = layers[i + 1]?.attentionNorm ?? last;
    stream = preNormLayer(g, stream, layer, { heads: config.encoder_attention_heads }, next);
  });
  for (let i = 0; i < config.decoder_layers; i++) {
    const attention = root.below(`decoder.layers.${i}.encoder_attn`);
    publishHeard(g, heardKeys(i), stream.normalised, attention.linear('k_proj'), config);
    publishHeard(g, heardValues(i), stream.normalised, attention.linear('v_proj'), config);
  }
  return g;
}

/** A convolution over time with a kernel of three steps, and GELU. */
function convolve(g: GraphBuilder, x: string, { weight, bias }: Linear, stride: number): string {
  const inputs = [x, g.parameter(weight), ...(bias ? [g.parameter(bias)] : [])];
  const attributes = { kernel_shape: [3], strides: [stride], pads: [1, 1] };
  return g.add('Gelu', [g.add('Conv', inputs, { attributes })], { domain: 'com.microsoft' });
}

function encoderLayer(weights: Weights): EncoderLayer {
  return {
    query: weights.linear('self_attn.q_proj'),
    key: weights.linear('self_attn.k_proj'),
    value: weights.linear('self_attn.v_proj'),
    out: weights.linear('self_attn.out_proj'),
    attentionNorm: weights.norm('self_attn_layer_norm', NORM_EPSILON),
    expand: weights.linear('fc1'),
    contract: weights.linear('fc2'),
    outputNorm: weights.norm('final_layer_norm', NORM_EPSILON),
  };
}

function publishHeard(
  g: GraphBuilder,
  name: string,
  states: string,
  layer: Linear,
  config: WhisperShape,
): void {
  const { decoder_attention_heads: heads, d_model: width, max_source_positions: places } = config;
  const split = g.add('Reshape', [g.linear(states, layer), g.integers([0, 0, heads, width / heads])]);
  const byHead = g.add('Transpose', [split], { attributes: { perm: [0, 2, 1, 3] } });
  g.output(name, byHead, g.float, ['windows', heads, places, width / heads]);
}
