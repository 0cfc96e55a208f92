import path from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { type OnnxSession, openOnnx } from '../inference/onnx-session.js';
import { readManifest } from '../inference/packs.js';
import { type SparseRow, type Vocabulary, weighLines } from './text-features.js';
import { readTextLayout, readVocabulary, TEXT_FILES, type TextLayout } from './text-files.js';
import { contentWords } from './text-words.js';

/** For the training code: its very text is part of the pack's manifest, so it stays as it was written. */
export { TEXT_FILES, vocabularyOf } from './text-files.js';

/** A document and its lines as text vectors; the document's scores are the sum of its lines' scores. */
export interface EncodedLines {
  document: Float32Array;
  lines: Float32Array[];
  /** Content words in all lines, and those that the vocabulary has. */
  words: number;
  knownWords: number;
}

/** Sentences that one run of the graph takes: bounds its memory. */
const BATCH = 64;

/** The sentence encoder. Its methods block the thread while the graph runs. */
export class TextModel {
  private constructor(
    /** Name and version, part of every stored vector. */
    readonly name: string,
    readonly layout: TextLayout,
    readonly vocabulary: Vocabulary,
    private readonly session: OnnxSession,
  ) {}

  /** @throws Failure MODEL_INVALID when a file is missing or not as documented */
  static async load(folder: string): Promise<TextModel> {
    const manifest = await readManifest(folder);
    const layout = await readTextLayout(path.join(folder, TEXT_FILES.layout));
    const vocabulary = await readVocabulary(path.join(folder, TEXT_FILES.vocabulary));
    const session = await openOnnx(path.join(folder, TEXT_FILES.graph));
    return new TextModel(manifest.models.TEXT, layout, vocabulary, session);
  }

  /** Each text by itself → its `dense` unit vector; null for a text without a known word. */
  async encode(texts: readonly string[]): Promise<(Float32Array | null)[]> {
    const rows = texts.map((text) => weighLines([text], this.vocabulary)[0]!);
    const encoded = await this.#run(rows);
    return rows.map((row, i) => (row.terms.length > 0 ? encoded.unit[i]! : null));
  }

  /** The lines of one document; null when not one word is known. */
  async encodeLines(lines: readonly string[]): Promise<EncodedLines | null> {
    const rows = weighLines(lines, this.vocabulary);
    if (rows.every((row) => row.terms.length === 0)) return null;
    const { dense, sources } = this.layout;
    const { unit, sums } = await this.#run(rows);
    const total = new Float64Array(dense + sources.length);
    for (const sum of sums) for (let i = 0; i < total.length; i++) total[i] = total[i]! + sum[i]!;
    const document = Float32Array.from(total);
    normalise(document.subarray(0, dense));
    const words = lines.flatMap(contentWords);
    return {
      document,
      lines: unit.map((vector, i) => Float32Array.of(...vector, ...sums[i]!.subarray(dense))),
      words: words.length,
      knownWords: words.filter((word) => this.vocabulary.index.has(word)).length,
    };
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** For each row its unit vector, and its sum of table rows (dense numbers before normalising, then scores). */
  async #run(rows: readonly SparseRow[]): Promise<{ unit: Float32Array[]; sums: Float32Array[] }> {
    const width = this.layout.dense + this.layout.sources.length;
    const unit: Float32Array[] = [];
    const sums: Float32Array[] = [];
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH);
      const output = await this.session.run(padRows(batch));
      const unitData = output.unit!.data as Float32Array;
      const sumData = output.sum!.data as Float32Array;
      batch.forEach((_, i) => {
        unit.push(unitData.slice(i * this.layout.dense, (i + 1) * this.layout.dense));
        sums.push(sumData.slice(i * width, (i + 1) * width));
      });
    }
    return { unit, sums };
  }
}

/** Rows of one length, the shorter ones filled up with term 0 of weight 0. */
function padRows(rows: readonly SparseRow[]): Record<string, Tensor> {
  const longest = Math.max(1, ...rows.map((row) => row.terms.length));
  const terms = new BigInt64Array(rows.length * longest);
  const weights = new Float32Array(rows.length * longest);
  rows.forEach((row, i) => {
    row.terms.forEach((term, k) => {
      terms[i * longest + k] = BigInt(term);
    });
    weights.set(row.weights, i * longest);
  });
  const dims = [rows.length, longest];
  return { terms: new Tensor('int64', terms, dims), weights: new Tensor('float32', weights, dims) };
}

function normalise(vector: Float32Array): void {
  const length = Math.hypot(...vector);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! / length;
}
