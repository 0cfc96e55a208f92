import { type FileHandle, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bytesOf, type OnnxTensor, writeOnnx } from '../onnx.js';
import type { GraphBuilder } from './graph.js';

/** Smaller tensors stay inside the model: ONNX Runtime wants shapes and axes there. */
const EXTERNAL_FROM_BYTES = 1024;
/** External data begins at whole pages, so that ONNX Runtime can map it into memory. */
const PAGE_BYTES = 4096;

/**
 * Writes `file` and, beside it, `file`.data with the weights: one tensor is in memory at a time.
 * Both are synced to the disk when it returns.
 */
export async function writeModelFile(builder: GraphBuilder, file: string): Promise<void> {
  const dataName = `${path.basename(file)}.data`;
  const data = await open(path.join(path.dirname(file), dataName), 'w');
  try {
    const weights: OnnxTensor[] = [];
    let end = 0;
    for (const { name, type, dims, read } of builder.weights) {
      const numbers = await read();
      if (numbers.byteLength < EXTERNAL_FROM_BYTES) {
        weights.push({ name, type, dims, data: numbers });
        continue;
      }
      const offset = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
      await writeAll(data, bytesOf(numbers), offset);
      end = offset + numbers.byteLength;
      weights.push({ name, type, dims, data: { file: dataName, offset, length: numbers.byteLength } });
    }
    await data.sync();
    await writeFile(file, writeOnnx({ ...builder, weights }), { flush: true });
  } finally {
    await data.close();
  }
}

/** The whole model in memory, for small ones. */
export async function modelBytes(builder: GraphBuilder): Promise<Uint8Array> {
  const weights: OnnxTensor[] = [];
  for (const { name, type, dims, read } of builder.weights)
    weights.push({ name, type, dims, data: await read() });
  return writeOnnx({ ...builder, weights });
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
