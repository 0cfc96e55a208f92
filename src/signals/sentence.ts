import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { convertCheckpoint } from '../inference/convert.js';
import type { Device } from '../inference/devices.js';
import { JoinedRuns } from '../inference/joined-runs.js';
import type { Precision } from '../inference/onnx/graph.js';
import { type OnnxSession, openOnnx } from '../inference/onnx-session.js';
import { readSentenceConfig } from '../inference/sentence-config.js';
import { batchByLength, chunkLines } from './sentence-batches.js';

export interface SentenceOptions {
  /** Model name for stored vectors, for example `sentence-transformers/all-mpnet-base-v2`. */
  name: string;
  precision: Precision;
  /** Where the converted graph is kept. */
  cacheFolder: string;
  /** Threads that one run may use. */
  threads: number;
  /** Where the graph runs; the CPU where it is left out. */
  device?: Device;
}

/** Share of the window that two neighbouring chunks of a transcript have in common. */
const OVERLAP_SHARE = 0.25;
/** The first and the last token of every text. */
const SPECIAL_TOKENS = 2;

/** Texts of several analyses that are batched together at most; a batch has its own limit of tokens. */
const TEXTS_A_RUN = 1_024;

const tokenizerShape = z.record(z.string(), z.unknown());

/** A Sentence-Transformers checkpoint of a BERT or an MPNet. Its methods block the thread while the graph runs. */
export class SentenceEncoder {
  readonly #runs: JoinedRuns<readonly number[][], Float32Array[]>;

  private constructor(
    readonly name: string,
    /** Tokens of one text at most, both special ones counted. */
    readonly maxTokens: number,
    private readonly tokenizer: Tokenizer,
    private readonly session: OnnxSession,
    precision: Precision,
  ) {
    this.#runs = new JoinedRuns((asked) => this.#encodeAll(asked), {
      ...{ precision, most: TEXTS_A_RUN },
      sizeOf: (rows) => rows.length,
    });
  }

  /**
   * @param folder a checkpoint in the hub's layout, with `tokenizer.json`
   * @throws Failure MODEL_INVALID when a file is missing, broken or of another architecture
   */
  static async open(
    folder: string,
    { name, precision, cacheFolder, threads, device }: SentenceOptions,
  ): Promise<SentenceEncoder> {
    const { maxTokens } = await readSentenceConfig(folder);
    const tokenizer = await readTokenizer(path.join(folder, 'tokenizer.json'));
    const { files, digest } = await convertCheckpoint(folder, { precision, cacheFolder });
    const session = await openOnnx(files.graph!, { threads, device });
    return new SentenceEncoder(`${name}@${digest.slice(0, 12)}`, maxTokens, tokenizer, session, precision);
  }

  /** One vector a text, in the texts' order; what is beyond `maxTokens` is not read. */
  encode(texts: readonly string[]): Promise<Float32Array[]> {
    return this.#runs.ask(texts.map((text) => this.tokensOf(text)));
  }

  /**
   * One vector for a whole transcript: the mean of its chunks' vectors, each weighted by its tokens, brought back
   * to length 1. Null without lines.
   */
  async encodeLines(lines: readonly string[]): Promise<Float32Array | null> {
    if (lines.length === 0) return null;
    const window = this.maxTokens - SPECIAL_TOKENS;
    const lengths = lines.map((line) => this.tokensOf(line).length - SPECIAL_TOKENS);
    const chunks = chunkLines(lengths, window, Math.floor(window * OVERLAP_SHARE));
    const texts = chunks.map(({ from, to }) => lines.slice(from, to).join(' '));
    const tokens = texts.map((text) => this.tokensOf(text));
    const vectors = await this.#runs.ask(tokens);
    return unitMean(
      vectors,
      tokens.map((own) => own.length),
    );
  }

  close(): Promise<void> {
    return this.session.close();
  }

  async #encodeAll(asked: readonly (readonly number[][])[]): Promise<Float32Array[][]> {
    const vectors = await encodeTokens(this.session, asked.flat());
    let next = 0;
    return asked.map((rows) => {
      next += rows.length;
      return vectors.slice(next - rows.length, next);
    });
  }

  private tokensOf(text: string): number[] {
    const { ids } = this.tokenizer.encode(text);
    if (ids.length <= this.maxTokens) return ids;
    return [...ids.slice(0, this.maxTokens - 1), ids.at(-1)!];
  }
}

/** One vector a row of tokens, in the rows' order, computed in batches of similar length. */
export async function encodeTokens(
  session: OnnxSession,
  rows: readonly (readonly number[])[],
): Promise<Float32Array[]> {
  const vectors = new Array<Float32Array>(rows.length);
  for (const batch of batchByLength(rows.map((row) => row.length))) {
    const { embedding } = await session.run(padRows(batch.map((i) => rows[i]!)));
    const numbers = embedding!.data as Float32Array;
    const width = numbers.length / batch.length;
    batch.forEach((row, i) => {
      vectors[row] = numbers.slice(i * width, (i + 1) * width);
    });
  }
  return vectors;
}

function padRows(rows: readonly (readonly number[])[]): Record<string, Tensor> {
  const places = Math.max(...rows.map((row) => row.length));
  const tokens = new BigInt64Array(rows.length * places);
  const mask = new Int32Array(rows.length * places);
  rows.forEach((row, i) => {
    row.forEach((token, k) => {
      tokens[i * places + k] = BigInt(token);
      mask[i * places + k] = 1;
    });
  });
  const dims = [rows.length, places];
  return { tokens: new Tensor('int64', tokens, dims), mask: new Tensor('int32', mask, dims) };
}

/** Mean of equally long vectors under weights, brought to length 1. */
export function unitMean(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const sums = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, i) => {
    for (let k = 0; k < sums.length; k++) sums[k] = sums[k]! + weights[i]! * vector[k]!;
  });
  const length = Math.hypot(...sums);
  return Float32Array.from(sums, (sum) => (length > 0 ? sum / length : 0));
}

async function readTokenizer(file: string): Promise<Tokenizer> {
  try {
    const {
      truncation: _,
      padding: __,
      ...json
    } = tokenizerShape.parse(JSON.parse(await readFile(file, 'utf8')));
    return new Tokenizer(json, {});
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or not readable: pull the model again.`, {
      cause,
    });
  }
}
