import type { Checkpoint } from '../checkpoint.js';
import { GraphBuilder, type Linear, type Parameter, type Precision } from '../onnx/graph.js';
import { addAndNormalise, attend, joined, linearGelu, type Norm, normalise } from '../onnx/layers.js';
import type { Stream } from './encoder-layer.js';
import { readShape } from './shape.js';
import { Weights } from './weights.js';
import {
  allKeys,
  allValues,
  heardKeys,
  heardValues,
  NORM_EPSILON,
  pastKeys,
  pastValues,
  type WhisperShape,
  whisperShape,
} from './whisper.js';

/**
 * One step of Whisper's decoder (Radford et al., 2022), of one token or of many:
 *
 * - `tokens` int64 (rows, steps): what every row appends;
 * - `wanted` int64 (wanted): the steps whose logits are asked for;
 * - `past_keys_i`, `past_values_i` (rows, heads, past, head width): the cache so far, empty at first;
 * - `heard_keys_i`, `heard_values_i` (windows, heads, places, head width): from the encoder. `rows` is a
 *   multiple of `windows`, the rows of a window one after the other, so that the beams of one window read its
 *   keys once together.
 *
 * → `logits` float32 (rows, wanted, vocabulary) and the grown cache `keys_i`, `values_i`.
 * @throws Failure MODEL_INVALID when the checkpoint is not a Whisper
 */
export function buildWhisperDecoder(checkpoint: Checkpoint, precision: Precision): GraphBuilder {
  const config = readShape(checkpoint, whisperShape);
  const weights = new Weights(checkpoint).below('model.decoder');
  const g = new GraphBuilder('whisper-decoder', precision);
  const caches = declareInputs(g, config);
  const vocabulary = new Vocabulary(g, weights.tensor('embed_tokens.weight'));

  const positions = g.lookUp(weights.tensor('embed_positions.weight'), placesAfter(g, caches[0]!.pastKeys));
  const x = g.add('Add', [vocabulary.embed('tokens'), positions]);
  const layers = Array.from({ length: config.decoder_layers }, (_, i) =>
    decoderLayer(weights.below(`layers.${i}`)),
  );
  const last = weights.norm('layer_norm', NORM_EPSILON);
  let stream: Stream = { sum: x, normalised: normalise(g, x, layers[0]!.selfNorm) };
  layers.forEach((layer, i) => {
    stream = addDecoderLayer(g, stream, layer, caches[i]!, i, config, layers[i + 1]?.selfNorm ?? last);
  });
  const asked = g.add('Gather', [stream.normalised, 'wanted'], { attributes: { axis: 1 } });
  const logits = vocabulary.score(asked, config.d_model);
  g.output('logits', logits, 'float32', ['rows', 'wanted', config.vocab_size]);
  return g;
}

interface Cache {
  pastKeys: string;
  pastValues: string;
  heardKeys: string;
  heardValues: string;
}

function declareInputs(g: GraphBuilder, config: WhisperShape): Cache[] {
  const { decoder_attention_heads: heads, d_model: width, max_source_positions: places } = config;
  g.input('tokens', 'int64', ['rows', 'steps']);
  g.input('wanted', 'int64', ['wanted']);
  return Array.from({ length: config.decoder_layers }, (_, i) => {
    const past = (name: string) => g.input(name, g.float, ['rows', heads, 'past', width / heads]);
    const heard = (name: string) => g.input(name, g.float, ['windows', heads, places, width / heads]);
    return {
      pastKeys: past(pastKeys(i)),
      pastValues: past(pastValues(i)),
      heardKeys: heard(heardKeys(i)),
      heardValues: heard(heardValues(i)),
    };
  });
}

/** past, past + 1, … one for each step: int64 (steps). */
function placesAfter(g: GraphBuilder, past: string): string {
  const first = g.add('Gather', [g.add('Shape', [past]), g.integers([2], [])]);
  const steps = g.add('Gather', [g.add('Shape', ['tokens']), g.integers([1], [])]);
  return g.add('Range', [first, g.add('Add', [first, steps]), g.integers([1], [])]);
}

/** The table of tokens' vectors, which also scores the vectors that come out: one tensor for both. */
class Vocabulary {
  readonly #shared: string | null;

  constructor(
    private readonly g: GraphBuilder,
    private readonly table: Parameter,
  ) {
    this.#shared = g.precision === 'int8' ? null : g.parameter(table);
  }

  embed(tokens: string): string {
    return this.#shared ? this.g.add('Gather', [this.#shared, tokens]) : this.g.lookUp(this.table, tokens);
  }

  /** x (rows, wanted, width) → (rows, wanted, vocabulary), float32. */
  score(x: string, width: number): string {
    const { g } = this;
    if (!this.#shared) return g.linear(x, { weight: this.table, bias: null });
    const flat = g.add('Reshape', [x, g.integers([-1, width])]);
    const scores = g.add('Gemm', [flat, this.#shared], { attributes: { transB: 1 } });
    const outer = g.add('Slice', [g.add('Shape', [x]), g.integers([0]), g.integers([2])]);
    const full = g.add('Concat', [outer, g.integers([-1])], { attributes: { axis: 0 } });
    const logits = g.add('Reshape', [scores, full]);
    return g.toFloat32(logits);
  }
}

interface DecoderLayer {
  query: Linear;
  key: Linear;
  value: Linear;
  out: Linear;
  selfNorm: Norm;
  heardQuery: Linear;
  heardOut: Linear;
  heardNorm: Norm;
  expand: Linear;
  contract: Linear;
  outputNorm: Norm;
}

function decoderLayer(weights: Weights): DecoderLayer {
  return {
    query: weights.linear('self_attn.q_proj'),
    key: weights.linear('self_attn.k_proj'),
    value: weights.linear('self_attn.v_proj'),
    out: weights.linear('self_attn.out_proj'),
    selfNorm: weights.norm('self_attn_layer_norm', NORM_EPSILON),
    heardQuery: weights.linear('encoder_attn.q_proj'),
    heardOut: weights.linear('encoder_attn.out_proj'),
    heardNorm: weights.norm('encoder_attn_layer_norm', NORM_EPSILON),
    expand: weights.linear('fc1'),
    contract: weights.linear('fc2'),
    outputNorm: weights.norm('final_layer_norm', NORM_EPSILON),
  };
}

function addDecoderLayer(
  g: GraphBuilder,
  { sum, normalised }: Stream,
  layer: DecoderLayer,
  cache: Cache,
  index: number,
  { decoder_attention_heads: heads, d_model: width }: WhisperShape,
  next: Norm,
): Stream {
  const [q, k, v] = [layer.query, layer.key, layer.value].map(({ weight }) =>
    g.linear(normalised, { weight, bias: null }),
  );
  const said = attend(g, q!, k!, v!, {
    heads,
    bias: joined([layer.query.bias, layer.key.bias, layer.value.bias], width),
    causal: true,
    past: { keys: cache.pastKeys, values: cache.pastValues },
  });
  g.output(allKeys(index), said.keys, g.float, ['rows', heads, 'all', width / heads]);
  g.output(allValues(index), said.values, g.float, ['rows', heads, 'all', width / heads]);

  const afterSelf = addAndNormalise(g, sum, said.output, layer.out, layer.heardNorm);
  const heard = listen(g, g.linear(afterSelf.normalised, layer.heardQuery), cache, heads, width);
  const afterHeard = addAndNormalise(g, afterSelf.sum, heard, layer.heardOut, layer.outputNorm);
  const expanded = linearGelu(g, afterHeard.normalised, layer.expand);
  return addAndNormalise(g, afterHeard.sum, expanded, layer.contract, next);
}

/**
 * Cross-attention: the queries of all rows of a window are laid side by side, since none is hidden from another.
 * The scores are keys · query, not query · keys: for one query ONNX Runtime then reads the keys by its
 * matrix-vector kernel, once and in their order, in half the time of its attention operator
 * (docs/decisions/035-decoder-steps.md).
 */
function listen(g: GraphBuilder, query: string, cache: Cache, heads: number, width: number): string {
  const headWidth = width / heads;
  const windows = g.add('Slice', [g.add('Shape', [cache.heardKeys]), g.integers([0]), g.integers([1])]);
  const byWindow = g.add('Concat', [windows, g.integers([-1, heads, headWidth])], {
    attributes: { axis: 0 },
  });
  const scaled = g.add('Mul', [query, g.scalar(1 / Math.sqrt(headWidth))]);
  const beside = g.add('Reshape', [scaled, byWindow]);
  const columns = g.add('Transpose', [beside], { attributes: { perm: [0, 2, 3, 1] } });
  const scores = g.add('MatMul', [cache.heardKeys, columns]);
  const rows = g.add('Transpose', [scores], { attributes: { perm: [0, 1, 3, 2] } });
  const shares = g.add('Softmax', [rows], { attributes: { axis: -1 } });
  const heard = g.add('MatMul', [shares, cache.heardValues]);
  const merged = g.add('Transpose', [heard], { attributes: { perm: [0, 2, 1, 3] } });
  return g.add('Reshape', [merged, g.add('Shape', [query])]);
}
