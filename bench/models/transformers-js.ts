import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Checkpoint } from '../../src/inference/checkpoint.js';
import type { GraphBuilder } from '../../src/inference/onnx/graph.js';
import { modelBytes } from '../../src/inference/onnx/model-file.js';
import { exportMpnet, exportWhisperDecoder, exportWhisperEncoder } from './exported.js';
import { loadTransformersJs, type TransformersJs } from './peer.js';

/** In Node transformers.js takes `fp32` by itself; `q8` is what it takes in a browser's WebAssembly. */
export type TheirPrecision = 'fp32' | 'q8';

/** Which graphs it loads for each: dynamic int8 with plain float32 attention, as its `_quantized` files have it. */
const EXPORTS = {
  fp32: { precision: 'float32', suffix: '' },
  q8: { precision: 'int8', suffix: '_quantized' },
} as const;

/** With several threads their number is left to it, as it is by default. */
function optionsFor(threads: number, dtype: TheirPrecision = 'fp32') {
  const options = { device: 'cpu', dtype, local_files_only: true };
  return threads === 1 ? { ...options, session_options: { intraOpNumThreads: 1 } } : options;
}

/** Token ids of Whisper's vocabulary of 51,865. */
const END = 50_257;
const START = 50_258;

/** Loads transformers.js and sets it to a folder of models on this machine. */
export async function openTransformersJs(root: string): Promise<TransformersJs> {
  const peer = await loadTransformersJs(root);
  peer.env.allowRemoteModels = false;
  peer.env.allowLocalModels = true;
  peer.env.localModelPath = root;
  return peer;
}

/** @returns the tokens after the start token, `count` of them, chosen greedily */
export async function openTheirWhisper(
  peer: TransformersJs,
  root: string,
  checkpointFolder: string,
  { threads, dtype }: { threads: number; dtype: TheirPrecision },
) {
  const name = `whisper-base-exported-${dtype}`;
  const { precision, suffix } = EXPORTS[dtype];
  await exportOnce(root, name, checkpointFolder, (checkpoint) => ({
    [`encoder_model${suffix}`]: exportWhisperEncoder(checkpoint, precision),
    [`decoder_model_merged${suffix}`]: exportWhisperDecoder(checkpoint, precision),
  }));
  const generation = {
    decoder_start_token_id: START,
    eos_token_id: END,
    pad_token_id: END,
    is_multilingual: false,
  };
  await writeFile(path.join(root, name, 'generation_config.json'), JSON.stringify(generation));
  const model = await peer.WhisperForConditionalGeneration.from_pretrained(name, optionsFor(threads, dtype));
  return {
    async transcribe(mel: Float32Array, count: number): Promise<number[]> {
      const features = new peer.Tensor('float32', mel, [1, 80, 3000]);
      const length = { max_new_tokens: count, min_new_tokens: count };
      const output = await model.generate({ inputs: features, ...length, do_sample: false });
      return Array.from(output.data as BigInt64Array, Number).slice(1);
    },
    close: () => model.dispose(),
  };
}

export async function openTheirSentences(
  peer: TransformersJs,
  root: string,
  checkpointFolder: string,
  threads: number,
) {
  const name = 'all-mpnet-base-v2-exported';
  await exportOnce(root, name, checkpointFolder, (checkpoint) => ({ model: exportMpnet(checkpoint) }));
  const model = await peer.AutoModel.from_pretrained(name, optionsFor(threads));
  return {
    /** All sentences as one batch, padded to the longest, as its pipeline does with a list. */
    async embed(sentences: readonly number[][]): Promise<Float32Array> {
      const places = Math.max(...sentences.map((tokens) => tokens.length));
      const dims = [sentences.length, places];
      const spread = (value: (tokens: number[], i: number) => number) =>
        BigInt64Array.from(
          sentences.flatMap((tokens) => Array.from({ length: places }, (_, i) => BigInt(value(tokens, i)))),
        );
      const mask = new peer.Tensor(
        'int64',
        spread((tokens, i) => (i < tokens.length ? 1 : 0)),
        dims,
      );
      const output = await model({
        input_ids: new peer.Tensor(
          'int64',
          spread((tokens, i) => tokens[i] ?? 1),
          dims,
        ),
        attention_mask: mask,
      });
      return peer.mean_pooling(output.last_hidden_state, mask).normalize(2, -1).data as Float32Array;
    },
    close: () => model.dispose(),
  };
}

async function exportOnce(
  root: string,
  name: string,
  checkpointFolder: string,
  build: (checkpoint: Checkpoint) => Record<string, GraphBuilder>,
): Promise<void> {
  const folder = path.join(root, name);
  if (await stat(path.join(folder, 'done')).catch(() => null)) return;
  await mkdir(path.join(folder, 'onnx'), { recursive: true });
  const checkpoint = await Checkpoint.open(checkpointFolder);
  for (const [file, graph] of Object.entries(build(checkpoint))) {
    await writeFile(path.join(folder, 'onnx', `${file}.onnx`), await modelBytes(graph));
  }
  const architectures =
    checkpoint.config.model_type === 'whisper' ? ['WhisperForConditionalGeneration'] : ['MPNetModel'];
  const special =
    checkpoint.config.model_type === 'whisper'
      ? { decoder_start_token_id: START, eos_token_id: END, is_encoder_decoder: true }
      : {};
  await writeFile(
    path.join(folder, 'config.json'),
    JSON.stringify({ ...checkpoint.config, architectures, ...special }),
  );
  await checkpoint.close();
  await writeFile(path.join(folder, 'done'), '');
}
