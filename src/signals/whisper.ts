import { Tensor } from 'onnxruntime-node';
import { readShape } from '../inference/architectures/shape.js';
import {
  allKeys,
  allValues,
  pastKeys,
  pastValues,
  type WhisperShape,
  whisperShape,
} from '../inference/architectures/whisper.js';
import { Checkpoint } from '../inference/checkpoint.js';
import { convertCheckpoint } from '../inference/convert.js';
import type { Device } from '../inference/devices.js';
import { JoinedRuns } from '../inference/joined-runs.js';
import type { Precision } from '../inference/onnx/graph.js';
import { type OnnxSession, openOnnx } from '../inference/onnx-session.js';
import type { EncodedWindows, SpeechModel, SpeechShape, TokenDecoding } from './speech/session.js';

export interface WhisperOptions {
  /** Model name for stored results, for example `openai/whisper-base`. */
  name: string;
  precision: Precision;
  /** Where the converted graphs are kept. */
  cacheFolder: string;
  /** Threads that one run may use. */
  threads: number;
  /** Where the graph runs; the CPU where it is left out. */
  device?: Device;
}

/** Name → tensor, whether of an encoder's output or of a decoder's cache. */
type Tensors = Record<string, Tensor>;

/** Windows of one run of the encoder at most: 37 MB of keys and values each with whisper-base in float32. */
const WINDOWS_A_RUN = 8;

/** A Whisper checkpoint as the decoding loop's model. Its methods block the thread while a graph runs. */
export class Whisper implements SpeechModel {
  readonly shape: SpeechShape;
  /** A request is the log-mel of one window. */
  readonly #runs: JoinedRuns<Float32Array, Tensors>;

  private constructor(
    readonly name: string,
    private readonly config: WhisperShape,
    private readonly precision: Precision,
    private readonly encoder: OnnxSession,
    private readonly decoder: OnnxSession,
  ) {
    this.shape = {
      melBins: config.num_mel_bins,
      vocabulary: config.vocab_size,
      audioPositions: config.max_source_positions,
      textPositions: config.max_target_positions,
    };
    this.#runs = new JoinedRuns((mels) => this.#hear(mels), {
      ...{ precision, most: WINDOWS_A_RUN },
      sizeOf: () => 1,
    });
  }

  /**
   * @param folder a checkpoint in the hub's layout
   * @throws Failure MODEL_INVALID when it is not a Whisper, or broken
   */
  static async open(
    folder: string,
    { name, precision, cacheFolder, threads, device }: WhisperOptions,
  ): Promise<Whisper> {
    const checkpoint = await Checkpoint.open(folder);
    const config = readShape(checkpoint, whisperShape);
    await checkpoint.close();
    const { files, digest } = await convertCheckpoint(folder, { precision, cacheFolder });
    const encoder = await openOnnx(files.encoder!, { threads, device });
    const decoder = await openOnnx(files.decoder!, { threads, device });
    return new Whisper(`${name}@${digest.slice(0, 12)}`, config, precision, encoder, decoder);
  }

  async encode(mel: Float32Array, windows: number): Promise<EncodedWindows> {
    const size = mel.length / windows;
    const asked = Array.from({ length: windows }, (_, i) => mel.subarray(i * size, (i + 1) * size));
    const heard = beside(await Promise.all(asked.map((window) => this.#runs.ask(window))));
    const { config, precision, decoder } = this;
    return {
      windows,
      decode: (windowOfRow) => new RowDecoding(config, precision, decoder, heard, [...windowOfRow]),
      release: () => disposeAll(heard),
    };
  }

  async #hear(mels: readonly Float32Array[]): Promise<Tensors[]> {
    const { num_mel_bins: bins, max_source_positions: places } = this.config;
    const dims = [mels.length, bins, 2 * places];
    const heard = await this.encoder.run({ mel: new Tensor('float32', joined(mels), dims) });
    return mels.map((_, window) => mapTensors(heard, (tensor) => selectFirst(tensor, [window])));
  }

  async close(): Promise<void> {
    await this.encoder.close();
    await this.decoder.close();
  }
}

/**
 * Rows with their caches. The graph wants the rows of a window one after the other and equally many a window, so
 * rows are laid into slots; a slot that no row needs repeats another row of its window.
 */
class RowDecoding implements TokenDecoding {
  #slots: Slots;
  /** What the windows in use sound like, in the order of the slots' windows. */
  #heard: Tensors;
  #past: Tensors;

  constructor(
    private readonly config: WhisperShape,
    private readonly precision: Precision,
    private readonly decoder: OnnxSession,
    private readonly allHeard: Tensors,
    private windowOfRow: number[],
  ) {
    this.#slots = layOut(windowOfRow);
    this.#heard = this.#hear();
    this.#past = this.#emptyPast();
  }

  async feed(tokens: Int32Array, length: number, positions: readonly number[]): Promise<Float32Array> {
    const { rowOfSlot, slotOfRow } = this.#slots;
    const ids = BigInt64Array.from({ length: rowOfSlot.length * length }, (_, i) =>
      BigInt(tokens[rowOfSlot[Math.floor(i / length)]! * length + (i % length)]!),
    );
    const wanted = new Tensor('int64', BigInt64Array.from(positions, BigInt), [positions.length]);
    const { logits, ...grown } = await this.decoder.run({
      ...this.#heard,
      ...this.#past,
      tokens: new Tensor('int64', ids, [rowOfSlot.length, length]),
      wanted,
    });
    this.#past = this.#renamed(grown);
    return gatherRows(logits!.data as Float32Array, slotOfRow, positions.length * this.config.vocab_size);
  }

  select(rows: readonly number[]): void {
    const before = this.#slots;
    this.windowOfRow = rows.map((row) => this.windowOfRow[row]!);
    this.#slots = layOut(this.windowOfRow);
    if (this.#slots.windows.join() !== before.windows.join()) this.#heard = this.#hear();
    const slots = this.#slots.rowOfSlot.map((row) => before.slotOfRow[rows[row]!]!);
    if (slots.length === before.rowOfSlot.length && slots.every((slot, i) => slot === i)) return;
    this.#past = mapTensors(this.#past, (tensor) => selectFirst(tensor, slots));
  }

  release(): void {
    this.#past = {};
    this.#heard = {};
  }

  #hear(): Tensors {
    return mapTensors(this.allHeard, (tensor) => selectFirst(tensor, this.#slots.windows));
  }

  #emptyPast(): Tensors {
    const { decoder_layers, decoder_attention_heads: heads, d_model: width } = this.config;
    const dims = [this.#slots.rowOfSlot.length, heads, 0, width / heads];
    const empty = () =>
      this.precision === 'float16'
        ? new Tensor('float16', new Uint16Array(0), dims)
        : new Tensor('float32', new Float32Array(0), dims);
    const layers = Array.from({ length: decoder_layers }, (_, i) => i);
    return Object.fromEntries(
      layers.flatMap((i) => [
        [pastKeys(i), empty()],
        [pastValues(i), empty()],
      ]),
    );
  }

  #renamed(grown: Tensors): Tensors {
    const layers = Array.from({ length: this.config.decoder_layers }, (_, i) => i);
    return Object.fromEntries(
      layers.flatMap((i) => [
        [pastKeys(i), grown[allKeys(i)]!],
        [pastValues(i), grown[allValues(i)]!],
      ]),
    );
  }
}

interface Slots {
  /** The windows in use, ascending; the slots are theirs in turn, equally many each. */
  windows: number[];
  rowOfSlot: number[];
  slotOfRow: number[];
}

/** Lays rows into slots by window: [0, 1, 0] → windows 0 and 1 with slots 0, 2 and 1, 1. */
export function layOut(windowOfRow: readonly number[]): Slots {
  const windows = [...new Set(windowOfRow)].sort((a, b) => a - b);
  const rowsOf = windows.map((window) => windowOfRow.flatMap((own, row) => (own === window ? [row] : [])));
  const each = Math.max(0, ...rowsOf.map((rows) => rows.length));
  const rowOfSlot = rowsOf.flatMap((rows) => Array.from({ length: each }, (_, i) => rows[i] ?? rows[0]!));
  const slotOfRow = windowOfRow.map((_, row) => rowOfSlot.indexOf(row));
  return { windows, rowOfSlot, slotOfRow };
}

/** The tensor made of entries of its first dimension; consecutive ones are a view without a copy. */
function selectFirst(tensor: Tensor, entries: readonly number[]): Tensor {
  const [, ...rest] = tensor.dims;
  const size = rest.reduce((product, n) => product * n, 1);
  const data = tensor.data as Float32Array | Uint16Array;
  const isRun = entries.every((entry, i) => entry === entries[0]! + i);
  const start = (entries[0] ?? 0) * size;
  const chosen = isRun
    ? data.subarray(start, start + entries.length * size)
    : gatherRows(data, entries, size);
  return new Tensor(tensor.type as 'float32', chosen as Float32Array, [entries.length, ...rest]);
}

function gatherRows<T extends Float32Array | Uint16Array>(
  data: T,
  rows: readonly number[],
  width: number,
): T {
  if (data.length === rows.length * width && rows.every((row, i) => row === i)) return data;
  const gathered = new (data.constructor as new (length: number) => T)(rows.length * width);
  rows.forEach((row, i) => {
    gathered.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return gathered;
}

/** Tensors of several windows, one window's behind the other's; `parts` are emptied, so that both never lie in memory whole. */
function beside(parts: readonly Tensors[]): Tensors {
  if (parts.length === 1) return parts[0]!;
  return mapTensors(parts[0]!, (first, name) => {
    const tensors = parts.map((part) => part[name]!);
    for (const part of parts) delete part[name];
    const data = joined(tensors.map((tensor) => tensor.data as Float32Array | Uint16Array));
    return new Tensor(first.type as 'float32', data as Float32Array, [parts.length, ...first.dims.slice(1)]);
  });
}

function joined<T extends Float32Array | Uint16Array>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (parts[0]!.constructor as new (length: number) => T)(length);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function mapTensors(tensors: Tensors, map: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]));
}

function disposeAll(tensors: Tensors): void {
  for (const name of Object.keys(tensors)) delete tensors[name];
}
