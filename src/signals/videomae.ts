import { Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { readShape } from '../inference/architectures/shape.js';
import { Checkpoint } from '../inference/checkpoint.js';
import { convertCheckpoint } from '../inference/convert.js';
import type { Device } from '../inference/devices.js';
import { JoinedRuns } from '../inference/joined-runs.js';
import type { Precision } from '../inference/onnx/graph.js';
import { type OnnxSession, openOnnx } from '../inference/onnx-session.js';
import { CLIP_SIDE } from '../media/clip-frame.js';

export interface VideomaeOptions {
  /** Model name for stored vectors, for example `MCG-NJU/videomae-base`. */
  name: string;
  precision: Precision;
  /** Where the converted graph is kept. */
  cacheFolder: string;
  /** Threads that one run may use. */
  threads: number;
  /** Where the graph runs; the CPU where it is left out. */
  device?: Device;
}

export interface ClipReading {
  /** Mean of the last hidden state: 768 numbers for the base model. */
  vector: Float32Array;
  /** The class that a fine-tuned checkpoint finds most probable; null without a classification head. */
  best: { name: string; probability: number } | null;
}

export const CLIP_FRAMES = 16;
const CLIP_BYTES = CLIP_FRAMES * CLIP_SIDE ** 2 * 3;
/** Clips of one run at most: float16 scores of 12 heads for 1,568 tokens each, 59 MB a clip. */
const CLIPS_A_RUN = 8;
const labelsShape = z.object({ id2label: z.record(z.string(), z.string()).default({}) });

/** A VideoMAE checkpoint. Its methods block the thread while the graph runs. */
export class Videomae {
  /** Clips of one trailer that are worth asking for together. */
  readonly atOnce: number;
  readonly #runs: JoinedRuns<Uint8Array, ClipReading>;

  private constructor(
    readonly name: string,
    /** Names of the classes of a fine-tuned checkpoint, from its config.json; empty without a classification head. */
    readonly classNames: readonly string[],
    private readonly session: OnnxSession,
    precision: Precision,
  ) {
    this.atOnce = precision === 'int8' ? 1 : CLIPS_A_RUN;
    this.#runs = new JoinedRuns((clips) => this.#readAll(clips), {
      ...{ precision, most: CLIPS_A_RUN },
      sizeOf: () => 1,
    });
  }

  /**
   * @param folder a checkpoint in the hub's layout
   * @throws Failure MODEL_INVALID when it is not a VideoMAE, or broken
   */
  static async open(
    folder: string,
    { name, precision, cacheFolder, threads, device }: VideomaeOptions,
  ): Promise<Videomae> {
    const checkpoint = await Checkpoint.open(folder);
    const classNames = classNamesOf(checkpoint);
    await checkpoint.close();
    const { files, digest } = await convertCheckpoint(folder, { precision, cacheFolder });
    return new Videomae(
      `${name}@${digest.slice(0, 12)}`,
      classNames,
      await openOnnx(files.graph!, { threads, device }),
      precision,
    );
  }

  /** @param clip 16 × 224 × 224 × 3 bytes, frames as `clipFrame` makes them */
  read(clip: Uint8Array): Promise<ClipReading> {
    return this.#runs.ask(clip);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  async #readAll(clips: readonly Uint8Array[]): Promise<ClipReading[]> {
    const pixels = new Uint8Array(clips.length * CLIP_BYTES);
    for (const [i, clip] of clips.entries()) pixels.set(clip.subarray(0, CLIP_BYTES), i * CLIP_BYTES);
    const frames = new Tensor('uint8', pixels, [clips.length, CLIP_FRAMES, CLIP_SIDE, CLIP_SIDE, 3]);
    const { embedding, classes } = await this.session.run({ frames });
    const rowOf = (tensor: Tensor, i: number) => {
      const width = tensor.dims[1]!;
      return (tensor.data as Float32Array).slice(i * width, (i + 1) * width);
    };
    return clips.map((_, i) => ({
      vector: rowOf(embedding!, i),
      best: classes ? bestClass(rowOf(classes, i), this.classNames) : null,
    }));
  }
}

function classNamesOf(checkpoint: Checkpoint): string[] {
  if (!checkpoint.has('classifier.weight')) return [];
  const { id2label } = readShape(checkpoint, labelsShape);
  const [classes = 0] = checkpoint.dims('classifier.weight');
  return Array.from({ length: classes }, (_, i) => id2label[String(i)] ?? `class ${i}`);
}

/** The most probable class by softmax of its score. */
export function bestClass(scores: Float32Array, names: readonly string[]): NonNullable<ClipReading['best']> {
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  return { name: names[scores.indexOf(highest)]!, probability: 1 / total };
}
