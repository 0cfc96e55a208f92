/**
 * Writes ONNX models from scratch: the few messages of onnx.proto3 that a graph needs, encoded as Protocol Buffers
 * (https://protobuf.dev/programming-guides/encoding/, field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */

/** TensorProto.DataType. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof ELEMENT;

/** float16 is held as its bits. */
export type OnnxData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array | Uint16Array;

/** Numbers that lie in a file beside the model; offset and length in bytes. */
export interface ExternalData {
  file: string;
  offset: number;
  length: number;
}

export interface OnnxTensor {
  name: string;
  type: ElementType;
  dims: number[];
  data: OnnxData | ExternalData;
}

export interface OnnxValue {
  name: string;
  type: ElementType;
  /** A string is a dimension that only the run knows. */
  dims: (number | string)[];
}

/** A whole number, a list of them, or what is marked as a float32 number, a string or a graph of its own. */
export type OnnxAttribute = number | number[] | { float: number } | { string: string } | { graph: OnnxGraph };

export interface OnnxNode {
  operator: string;
  /** Empty: ONNX's own operators. */
  domain?: '' | 'com.microsoft';
  /** An empty name leaves an optional input out. */
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, OnnxAttribute>;
}

export interface OnnxGraph {
  name: string;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxNode[];
  weights: OnnxTensor[];
  /** What the file says of itself, by key. */
  metadata?: Record<string, string>;
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;
/** ONNX Runtime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md */
const MICROSOFT_OPERATOR_SET = 1;

/** The bytes of a ModelProto; the same graph gives the same bytes. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const usesMicrosoft = graph.nodes.some((node) => node.domain === 'com.microsoft');
  return message(
    field(1, IR_VERSION),
    field(2, text('marquee')),
    field(7, encodeGraph(graph)),
    field(8, message(field(1, text('')), field(2, OPERATOR_SET))),
    ...(usesMicrosoft
      ? [field(8, message(field(1, text('com.microsoft')), field(2, MICROSOFT_OPERATOR_SET)))]
      : []),
    ...Object.entries(graph.metadata ?? {}).map(([key, value]) =>
      field(14, message(field(1, text(key)), field(2, text(value)))),
    ),
  );
}

function encodeGraph(graph: OnnxGraph): Uint8Array {
  return message(
    ...graph.nodes.map((node) => field(1, encodeNode(node))),
    field(2, text(graph.name)),
    ...graph.weights.map((tensor) => field(5, encodeTensor(tensor))),
    ...graph.inputs.map((value) => field(11, encodeValue(value))),
    ...graph.outputs.map((value) => field(12, encodeValue(value))),
  );
}

function encodeNode(node: OnnxNode): Uint8Array {
  return message(
    ...node.inputs.map((name) => field(1, text(name))),
    ...node.outputs.map((name) => field(2, text(name))),
    field(4, text(node.operator)),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => field(5, encodeAttribute(name, value))),
    ...(node.domain ? [field(7, text(node.domain))] : []),
  );
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, GRAPH 5, INTS 7. */
function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const named = field(1, text(name));
  if (typeof value === 'number') return message(named, field(3, value), field(20, 2));
  if (Array.isArray(value)) return message(named, ...value.map((n) => field(8, n)), field(20, 7));
  if ('float' in value) return message(named, float(2, value.float), field(20, 1));
  if ('string' in value) return message(named, field(4, text(value.string)), field(20, 3));
  return message(named, field(6, encodeGraph(value.graph)), field(20, 5));
}

function encodeTensor(tensor: OnnxTensor): Uint8Array {
  return message(
    ...tensor.dims.map((size) => field(1, size)),
    field(2, ELEMENT[tensor.type]),
    field(8, text(tensor.name)),
    ...('file' in tensor.data ? encodeExternal(tensor.data) : [field(9, bytesOf(tensor.data))]),
  );
}

/** TensorProto.DataLocation EXTERNAL is 1. */
function encodeExternal(data: ExternalData): Uint8Array[] {
  const entries = { location: data.file, offset: String(data.offset), length: String(data.length) };
  return [
    ...Object.entries(entries).map(([key, value]) =>
      field(13, message(field(1, text(key)), field(2, text(value)))),
    ),
    field(14, 1),
  ];
}

export function bytesOf(data: OnnxData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function encodeValue(value: OnnxValue): Uint8Array {
  const dims = value.dims.map((size) =>
    field(1, message(typeof size === 'number' ? field(1, size) : field(2, text(size)))),
  );
  const tensorType = message(field(1, ELEMENT[value.type]), field(2, message(...dims)));
  return message(field(1, text(value.name)), field(2, message(field(1, tensorType))));
}

/** One field: a varint for a whole number, else length-delimited bytes. */
function field(number: number, value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') return message(varint(number << 3), varint(value));
  return message(varint((number << 3) | 2), varint(value.length), value);
}

function float(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(varint((number << 3) | 5), bytes);
}

/** Base 128, least significant group first; negative numbers take ten bytes as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? group | 128 : group);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');

function message(...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
