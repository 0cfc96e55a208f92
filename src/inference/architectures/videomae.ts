import { z } from 'zod';
import type { Checkpoint } from '../checkpoint.js';
import { GraphBuilder, type Linear, type Parameter, type Precision } from '../onnx/graph.js';
import { type Norm, normalise } from '../onnx/layers.js';
import { type EncoderLayer, preNormLayer, type Stream } from './encoder-layer.js';
import { count, gelu, readShape } from './shape.js';
import { Weights } from './weights.js';

const shape = z.object({
  model_type: z.literal('videomae'),
  image_size: count.default(224),
  patch_size: count.default(16),
  num_channels: z.literal(3).default(3),
  num_frames: count.default(16),
  tubelet_size: count.default(2),
  hidden_size: count.default(768),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  hidden_act: gelu.default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.boolean().default(true),
  use_mean_pooling: z.boolean().default(true),
});
type Shape = z.infer<typeof shape>;

/** ImageNet's, by which VideoMAE was trained: red, green, blue in 0 … 1. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
const WHITE = 255;

/**
 * VideoMAE's encoder (Tong et al., 2022): `frames` uint8 (batch, 16, 224, 224, 3), RGB as decoded →
 * `embedding` float32 (batch, width), the mean of the last layer's tokens, and with a classification head
 * `classes` float32 (batch, classes), its scores before the softmax. Scaling and normalising the pixels is part
 * of the graph: it is folded into the patch projection, so that bytes cross the thread instead of floats.
 * @throws Failure MODEL_INVALID when the checkpoint is not a VideoMAE
 */
export function buildVideomae(checkpoint: Checkpoint, precision: Precision): GraphBuilder {
  const config = readShape(checkpoint, shape);
  const weights = new Weights(checkpoint).below('videomae');
  const g = new GraphBuilder('videomae', precision);
  const { num_frames: frames, image_size: size, hidden_size: width } = config;
  const pixels = g.input('frames', 'uint8', ['batch', frames, size, size, 3]);

  const x = g.add('Add', [
    embedPatches(g, pixels, weights, config),
    g.parameter(sinusoids(tokensOf(config), width)),
  ]);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) =>
    videomaeLayer(weights.below(`encoder.layer.${i}`), config),
  );
  const last = weights.has('layernorm.weight') ? weights.norm('layernorm', config.layer_norm_eps) : null;
  let stream: Stream = { sum: x, normalised: normalise(g, x, layers[0]!.attentionNorm) };
  layers.forEach((layer, i) => {
    // Without a last norm its place is taken by any: the residual is what is read then.
    const next: Norm = layers[i + 1]?.attentionNorm ?? last ?? layer.outputNorm;
    stream = preNormLayer(g, stream, layer, { heads: config.num_attention_heads }, next);
  });
  const states = g.toFloat32(last ? stream.normalised : stream.sum);
  const embedding = g.add('ReduceMean', [states], { attributes: { axes: [1], keepdims: 0 } });
  g.output('embedding', embedding, 'float32', ['batch', width]);
  classify(g, new Weights(checkpoint), states, embedding, config);
  return g;
}

function tokensOf({ num_frames, tubelet_size, image_size, patch_size }: Shape): number {
  return (num_frames / tubelet_size) * (image_size / patch_size) ** 2;
}

/** The 3-D convolution whose steps are as long as its kernel, as one matrix product over cut-out cubes. */
function embedPatches(g: GraphBuilder, pixels: string, weights: Weights, config: Shape): string {
  const { tubelet_size: t, patch_size: p, image_size, num_frames } = config;
  const across = image_size / p;
  const through = num_frames / t;
  const grid = g.add('Reshape', [pixels, g.integers([-1, through, t, across, p, across, p, 3])]);
  // (batch, through, down, across, channel, time, row, column): the order of the kernel's own numbers
  const cubes = g.add('Transpose', [grid], { attributes: { perm: [0, 1, 3, 5, 7, 2, 4, 6] } });
  const rows = g.add('Reshape', [cubes, g.integers([-1, tokensOf(config), 3 * t * p * p])]);
  const numbers = g.cast(rows, g.float);
  // In float16 whole bytes times weights÷255 could lose what a float32 keeps: divide first there.
  const scaled = g.float === 'float16' ? g.add('Mul', [numbers, g.scalar(1 / WHITE)]) : numbers;
  const unit = g.float === 'float16' ? 1 : WHITE;
  return g.linear(
    scaled,
    foldPixels(weights.linear('embeddings.patch_embeddings.projection'), t * p * p, unit),
  );
}

/** W·((x÷unit − mean)÷deviation) + b as W′·x + b′. @param volume numbers of one channel in a cube */
function foldPixels({ weight, bias }: Linear, volume: number, unit: number): Linear {
  const [width = 0] = weight.dims;
  const inputs = 3 * volume;
  const channelOf = (column: number) => Math.floor(column / volume);
  return {
    weight: {
      dims: [width, inputs],
      read: async () =>
        (await weight.read()).map((value, i) => value / (unit * DEVIATION[channelOf(i % inputs)]!)),
    },
    bias: {
      dims: [width],
      read: async () => {
        const kernel = await weight.read();
        const given = await bias?.read();
        return Float32Array.from({ length: width }, (_, row) => {
          let sum = given?.[row] ?? 0;
          for (let i = 0; i < inputs; i++) {
            const channel = channelOf(i);
            sum -= (kernel[row * inputs + i]! * MEAN[channel]!) / DEVIATION[channel]!;
          }
          return sum;
        });
      },
    },
  };
}

function videomaeLayer(weights: Weights, { layer_norm_eps, qkv_bias }: Shape): EncoderLayer {
  const attention = weights.below('attention.attention');
  const projection = (name: string, bias: string | null): Linear => ({
    weight: attention.tensor(`${name}.weight`),
    bias: bias && qkv_bias ? attention.tensor(bias) : null,
  });
  return {
    query: projection('query', 'q_bias'),
    key: projection('key', null),
    value: projection('value', 'v_bias'),
    out: weights.linear('attention.output.dense'),
    attentionNorm: weights.norm('layernorm_before', layer_norm_eps),
    expand: weights.linear('intermediate.dense'),
    contract: weights.linear('output.dense'),
    outputNorm: weights.norm('layernorm_after', layer_norm_eps),
  };
}

/** Fixed positions (Vaswani et al., 2017): sine in the even columns, cosine in the odd ones, (places, width). */
function sinusoids(places: number, width: number): Parameter {
  return {
    dims: [places, width],
    read: async () =>
      Float32Array.from({ length: places * width }, (_, i) => {
        const column = i % width;
        const angle = Math.floor(i / width) / 10_000 ** ((2 * Math.floor(column / 2)) / width);
        return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      }),
  };
}

/** With a head: its scores from the mean (fine-tuned with mean pooling) or from the first token. */
function classify(g: GraphBuilder, root: Weights, states: string, mean: string, config: Shape): void {
  if (!root.has('classifier.weight')) return;
  const head = root.linear('classifier');
  const pooled = config.use_mean_pooling
    ? normalise(g, g.fromFloat32(mean), root.norm('fc_norm', FC_NORM_EPSILON))
    : g.fromFloat32(g.add('Gather', [states, g.integers([0], [])], { attributes: { axis: 1 } }));
  g.output('classes', g.toFloat32(g.linear(pooled, head)), 'float32', ['batch', head.weight.dims[0]!]);
}

/** PyTorch's default, which the published models have for this norm. */
const FC_NORM_EPSILON = 1e-5;
