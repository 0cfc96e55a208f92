import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { halfToNumber } from './onnx/half.js';

/**
 * The safetensors format: eight bytes with the header's length (little-endian), the header as JSON, then the
 * tensors' bytes. https://github.com/huggingface/safetensors#format
 */
const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const ELEMENT_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

const entryShape = z.object({
  dtype: z.enum(Object.keys(ELEMENT_BYTES) as (keyof typeof ELEMENT_BYTES)[]),
  shape: z.array(z.number().int().nonnegative()),
  /** From the end of the header. */
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const headerShape = z.record(z.string(), z.unknown()).transform((header, context) => {
  const { __metadata__: _, ...entries } = header;
  const parsed = z.record(z.string(), entryShape).safeParse(entries);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: z.prettifyError(parsed.error) });
  return z.NEVER;
});

export interface TensorEntry {
  type: keyof typeof ELEMENT_BYTES;
  dims: number[];
  /** From the file's beginning. */
  offset: number;
  bytes: number;
}

/** One open safetensors file: what it holds, and its tensors one by one. */
export class SafetensorsFile {
  private constructor(
    readonly file: string,
    readonly entries: ReadonlyMap<string, TensorEntry>,
    private readonly handle: FileHandle,
  ) {}

  /** @throws Failure MODEL_INVALID when the header is not as the format says, or points outside the file */
  static async open(file: string): Promise<SafetensorsFile> {
    const handle = await open(file).catch((cause) => {
      throw new Failure('MODEL_INVALID', `${file} cannot be read: pull the model again.`, { cause });
    });
    try {
      return new SafetensorsFile(file, await readEntries(handle), handle);
    } catch (cause) {
      await handle.close();
      throw new Failure('MODEL_INVALID', `${file} is no valid safetensors file: pull the model again.`, {
        cause,
      });
    }
  }

  /** A tensor's numbers as float32, whatever float type they are stored in. */
  async read(name: string): Promise<Float32Array> {
    const entry = this.entries.get(name);
    if (!entry)
      throw new Failure('MODEL_INVALID', `${this.file} has no tensor ${name}: is it another architecture?`);
    const bytes = new Uint8Array(entry.bytes);
    const { bytesRead } = await this.handle.read(bytes, 0, entry.bytes, entry.offset);
    if (bytesRead !== entry.bytes) {
      throw new Failure('MODEL_INVALID', `${this.file} ends inside ${name}: pull the model again.`);
    }
    return toFloat32(bytes, entry.type, name);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function readEntries(handle: FileHandle): Promise<Map<string, TensorEntry>> {
  const { size } = await handle.stat();
  const prefix = Buffer.alloc(LENGTH_BYTES);
  await handle.read(prefix, 0, LENGTH_BYTES, 0);
  const headerBytes = Number(prefix.readBigUInt64LE());
  if (headerBytes > Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES))
    throw new Error(`a header of ${headerBytes} bytes`);
  const header = Buffer.alloc(headerBytes);
  await handle.read(header, 0, headerBytes, LENGTH_BYTES);
  const start = LENGTH_BYTES + headerBytes;
  const entries = new Map<string, TensorEntry>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(
    headerShape.parse(JSON.parse(header.toString())),
  )) {
    const [from, to] = data_offsets;
    const bytes = shape.reduce((product, n) => product * n, 1) * ELEMENT_BYTES[dtype];
    if (to - from !== bytes || start + to > size)
      throw new Error(`${name}: bytes ${from} to ${to} do not hold ${shape}`);
    entries.set(name, { type: dtype, dims: shape, offset: start + from, bytes });
  }
  return entries;
}

function toFloat32(bytes: Uint8Array, type: TensorEntry['type'], name: string): Float32Array {
  const { buffer } = bytes;
  if (type === 'F32') return new Float32Array(buffer);
  if (type === 'F64') return Float32Array.from(new Float64Array(buffer));
  if (type === 'F16') return Float32Array.from(new Uint16Array(buffer), halfToNumber);
  if (type === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = Uint32Array.from(new Uint16Array(buffer), (bits) => (bits << 16) >>> 0);
    return new Float32Array(words.buffer);
  }
  throw new Failure(
    'MODEL_INVALID',
    `${name} is of type ${type}: only tensors of floating-point numbers can be read.`,
  );
}
