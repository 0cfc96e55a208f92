/**
 * Writes ONNX models from scratch: the few messages of onnx.proto3 that a graph needs, encoded as Protocol Buffers
 * (https://protobuf.dev/programming-guides/encoding/, field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */

/** TensorProto.DataType. */
const ELEMENT = { float32: 1, uint8: 2, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT;

export interface OnnxTensor {
  name: string;
  type: ElementType;
  dims: number[];
  data: Float32Array | Uint8Array | BigInt64Array;
}

export interface OnnxValue {
  name: string;
  type: ElementType;
  /** A string is a dimension that only the run knows. */
  dims: (number | string)[];
}

export interface OnnxNode {
  operator: string;
  inputs: string[];
  outputs: string[];
  /** Whole numbers, lists of them, or float32 numbers marked as such. */
  attributes?: Record<string, number | number[] | { float: number }>;
}

export interface OnnxGraph {
  name: string;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxNode[];
  weights: OnnxTensor[];
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** The bytes of a ModelProto; the same graph gives the same bytes. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const graphBytes = message(
    ...graph.nodes.map((node) => field(1, encodeNode(node))),
    field(2, text(graph.name)),
    ...graph.weights.map((tensor) => field(5, encodeTensor(tensor))),
    ...graph.inputs.map((value) => field(11, encodeValue(value))),
    ...graph.outputs.map((value) => field(12, encodeValue(value))),
  );
  const operators = message(field(1, text('')), field(2, OPERATOR_SET));
  return message(field(1, IR_VERSION), field(2, text('marquee')), field(7, graphBytes), field(8, operators));
}

function encodeNode(node: OnnxNode): Uint8Array {
  return message(
    ...node.inputs.map((name) => field(1, text(name))),
    ...node.outputs.map((name) => field(2, text(name))),
    field(4, text(node.operator)),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => field(5, encodeAttribute(name, value))),
  );
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, INTS 7. */
function encodeAttribute(name: string, value: number | number[] | { float: number }): Uint8Array {
  if (typeof value === 'number') return message(field(1, text(name)), field(3, value), field(20, 2));
  if (Array.isArray(value))
    return message(field(1, text(name)), ...value.map((n) => field(8, n)), field(20, 7));
  return message(field(1, text(name)), float(2, value.float), field(20, 1));
}

function encodeTensor(tensor: OnnxTensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return message(
    ...tensor.dims.map((size) => field(1, size)),
    field(2, ELEMENT[tensor.type]),
    field(8, text(tensor.name)),
    field(9, new Uint8Array(buffer, byteOffset, byteLength)),
  );
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
