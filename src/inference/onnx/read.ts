import { Failure } from '../../failure.js';
import { ELEMENT, type ElementType, type OnnxData } from '../onnx.js';

/** The parts of an ONNX file that are data: what it says of itself, and its weights. */
export interface OnnxContent {
  metadata: Record<string, string>;
  /** Weights that lie in the file itself as raw bytes, by name. */
  tensors: Record<string, { dims: number[]; data: OnnxData }>;
}

/**
 * Reads what `writeOnnx` wrote (Protocol Buffers, field numbers of onnx.proto3); other fields are passed over.
 * @throws Failure MODEL_INVALID when the bytes are cut off or no such file
 */
export function readOnnx(bytes: Uint8Array): OnnxContent {
  try {
    const metadata: OnnxContent['metadata'] = {};
    const tensors: OnnxContent['tensors'] = {};
    for (const { number, value } of fieldsOf(bytes)) {
      if (number === 14) Object.assign(metadata, readEntry(chunk(value)));
      if (number !== 7) continue;
      for (const inner of fieldsOf(chunk(value)))
        if (inner.number === 5) Object.assign(tensors, readTensor(chunk(inner.value)));
    }
    return { metadata, tensors };
  } catch (cause) {
    throw new Failure('MODEL_INVALID', 'The file is no complete ONNX model: fetch or train it again.', {
      cause,
    });
  }
}

interface Field {
  number: number;
  value: number | Uint8Array;
}

/** Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('cut off');
      value += (byte & 127) * power;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) yield { number, value: varint() };
    else if (tag % 8 === 2) yield { number, value: take(varint()) };
    else if (tag % 8 === 5) yield { number, value: take(4) };
    else if (tag % 8 === 1) yield { number, value: take(8) };
    else throw new TypeError('no such wire type');
  }
}

function readEntry(bytes: Uint8Array): Record<string, string> {
  const [key, value] = [...fieldsOf(bytes)].map((field) => text(field.value));
  return { [key ?? '']: value ?? '' };
}

function readTensor(bytes: Uint8Array): OnnxContent['tensors'] {
  const dims: number[] = [];
  let type: ElementType | undefined;
  let name = '';
  let raw: Uint8Array = new Uint8Array();
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) dims.push(value as number);
    if (number === 2) type = (Object.keys(ELEMENT) as ElementType[]).find((key) => ELEMENT[key] === value);
    if (number === 8) name = text(value);
    if (number === 9) raw = chunk(value);
  }
  return { [name]: { dims, data: arrayOf(type, raw) } };
}

const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bool: Uint8Array,
} as const;

/** A copy, whose numbers lie where their type wants them. */
function arrayOf(type: ElementType | undefined, raw: Uint8Array): OnnxData {
  if (!type) throw new TypeError('no such element type');
  const own = new Uint8Array(raw); // Buffer.slice would not copy
  return new ARRAYS[type](own.buffer, 0, own.byteLength / ARRAYS[type].BYTES_PER_ELEMENT);
}

function chunk(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') throw new TypeError('a message was expected');
  return value;
}

const text = (value: number | Uint8Array) => Buffer.from(chunk(value)).toString('utf8');
