import type { ElementType, OnnxAttribute, OnnxData, OnnxNode, OnnxValue } from '../onnx.js';
import { numberToHalf } from './half.js';
import { quantiseColumns } from './int8.js';

/**
 * What a graph calculates in. `float16` is for GPUs; `int8` keeps activations in float32 and multiplies by
 * int8 weights with one scale a column, the activations quantised as they come (dynamic quantisation).
 */
export const PRECISIONS = ['float32', 'float16', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Numbers of a checkpoint, or worked out from it: read when the model is written, one tensor at a time. */
export interface Parameter {
  dims: number[];
  read(): Promise<Float32Array>;
}

/** A weight as the model file will hold it. */
export interface LazyTensor {
  name: string;
  type: ElementType;
  dims: number[];
  read(): Promise<OnnxData>;
}

/** A linear layer as PyTorch keeps it: weight (out, in), bias (out) or none. */
export interface Linear {
  weight: Parameter;
  bias: Parameter | null;
}

/** ONNX's TensorProto.DataType, as Cast takes it. */
const CAST_TO = { float32: 1, float16: 10 } as const;

interface NodeOptions {
  attributes?: Record<string, OnnxAttribute>;
  domain?: 'com.microsoft';
}

/** Builds one ONNX graph node by node; values are known by their names. */
export class GraphBuilder {
  readonly inputs: OnnxValue[] = [];
  readonly outputs: OnnxValue[] = [];
  readonly nodes: OnnxNode[] = [];
  readonly weights: LazyTensor[] = [];
  /** The type of activations and of weights that are not quantised. */
  readonly float: 'float32' | 'float16';

  constructor(
    readonly name: string,
    readonly precision: Precision,
  ) {
    this.float = precision === 'float16' ? 'float16' : 'float32';
  }

  /** Dimensions given by name are known only when the graph runs. */
  input(name: string, type: ElementType, dims: (number | string)[]): string {
    this.inputs.push({ name, type, dims });
    return name;
  }

  /** Publishes `value` under `name`. */
  output(name: string, value: string, type: ElementType, dims: (number | string)[]): void {
    this.nodes.push({ operator: 'Identity', inputs: [value], outputs: [name] });
    this.outputs.push({ name, type, dims });
  }

  /** Adds a node; the name of its only (or first) output. */
  add(operator: string, inputs: string[], options: NodeOptions = {}): string {
    return this.addMany(operator, inputs, 1, options)[0]!;
  }

  /** Adds a node with several outputs. */
  addMany(operator: string, inputs: string[], outputs: number, options: NodeOptions = {}): string[] {
    const place = this.nodes.length;
    const names = Array.from({ length: outputs }, (_, i) => `${operator}_${place}${i > 0 ? `_${i}` : ''}`);
    this.nodes.push({ operator, inputs, outputs: names, ...options });
    return names;
  }

  /** A list of whole numbers: shapes, axes, indices. */
  integers(values: readonly number[], dims: number[] = [values.length]): string {
    return this.#weight('int64', dims, async () => BigInt64Array.from(values, BigInt));
  }

  /** Numbers in the graph's own float type. */
  parameter({ dims, read }: Parameter): string {
    if (this.float === 'float32') return this.#weight('float32', dims, read);
    return this.#weight('float16', dims, async () => Uint16Array.from(await read(), numberToHalf));
  }

  /** One number in the graph's own float type. */
  scalar(value: number): string {
    return this.parameter({ dims: [], read: async () => Float32Array.of(value) });
  }

  /** x (…, in) → (…, out). */
  linear(x: string, { weight, bias }: Linear): string {
    const [outputs, inputs] = weight.dims as [number, number];
    if (this.precision === 'int8') {
      const quantised = once(async () =>
        quantiseColumns(transpose(await weight.read(), outputs, inputs), outputs),
      );
      const columns = this.#weight('int8', [inputs, outputs], async () => (await quantised()).data);
      const scales = this.#weight('float32', [outputs], async () => (await quantised()).scales);
      const rest = bias ? ['', this.parameter(bias)] : [];
      return this.add('DynamicQuantizeMatMul', [x, columns, scales, ...rest], { domain: 'com.microsoft' });
    }
    const columns = this.parameter({
      dims: [inputs, outputs],
      read: async () => transpose(await weight.read(), outputs, inputs),
    });
    const product = this.add('MatMul', [x, columns]);
    return bias ? this.add('Add', [product, this.parameter(bias)]) : product;
  }

  /** Rows of a table (rows, width), by int64 indices; in `int8` the table is kept with one scale a row. */
  lookUp(table: Parameter, indices: string): string {
    if (this.precision !== 'int8') return this.add('Gather', [this.parameter(table), indices]);
    const [rows, width] = table.dims as [number, number];
    const quantised = once(async () => quantiseColumns(transpose(await table.read(), rows, width), rows));
    const whole = this.#weight('int8', table.dims, async () =>
      transpose((await quantised()).data, width, rows),
    );
    const scales = this.#weight('float32', [rows, 1], async () => (await quantised()).scales);
    const row = this.cast(this.add('Gather', [whole, indices]), 'float32');
    return this.add('Mul', [row, this.add('Gather', [scales, indices])]);
  }

  /** A value of the graph's own float type, as float32. */
  toFloat32(x: string): string {
    return this.float === 'float32' ? x : this.cast(x, 'float32');
  }

  /** A float32 value, in the graph's own float type. */
  fromFloat32(x: string): string {
    return this.float === 'float32' ? x : this.cast(x, this.float);
  }

  cast(x: string, type: keyof typeof CAST_TO): string {
    return this.add('Cast', [x], { attributes: { to: CAST_TO[type] } });
  }

  #weight(type: ElementType, dims: number[], read: () => Promise<OnnxData>): string {
    const name = `weight_${this.weights.length}`;
    this.weights.push({ name, type, dims, read });
    return name;
  }
}

/** Row-major (rows, columns) → (columns, rows), in tiles that stay in the processor's cache. */
export function transpose<T extends Float32Array | Int8Array>(data: T, rows: number, columns: number): T {
  const TILE = 64;
  const turned = new (data.constructor as new (length: number) => T)(data.length);
  for (let top = 0; top < rows; top += TILE) {
    for (let left = 0; left < columns; left += TILE) {
      const bottom = Math.min(top + TILE, rows);
      const right = Math.min(left + TILE, columns);
      for (let c = left; c < right; c++) {
        for (let r = top; r < bottom; r++) turned[c * rows + r] = data[r * columns + c]!;
      }
    }
  }
  return turned;
}

/** The two tensors of one quantised weight are read one after the other: work it out once, then let it go. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    const current = made ?? make();
    made = made ? null : current;
    return current;
  };
}
