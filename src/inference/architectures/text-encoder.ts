import { z } from 'zod';
import type { GraphBuilder, Parameter, Precision } from '../onnx/graph.js';
import type { ElementType } from '../onnx.js';

/** How the vectors of a text's tokens become the text's one vector (Reimers & Gurevych, 2019). */
export type Pooling = 'mean' | 'cls';

export interface TextEncoderOptions {
  precision: Precision;
  pooling: Pooling;
  /** Whether the vector is brought to length 1. */
  unitLength: boolean;
}

export const normEpsilon = z.number().positive().default(1e-12);

/** tokens int64 and mask int32 (1 a token, 0 padding), both (batch, places). */
export function textInputs(g: GraphBuilder): { tokens: string; mask: string } {
  const input = (name: string, type: ElementType) => g.input(name, type, ['batch', 'places']);
  return { tokens: input('tokens', 'int64'), mask: input('mask', 'int32') };
}

/** 0, 1, 2, … one for each place: int64 (places). */
export function placesOf(g: GraphBuilder, tokens: string): string {
  const length = g.add('Gather', [g.add('Shape', [tokens]), g.integers([1], [])]);
  return g.add('Range', [g.integers([0], []), length, g.integers([1], [])]);
}

/** A table's rows from `first` on, each with `added` (one row) on top of it. */
export function shiftedTable(table: Parameter, first: number, added: Parameter | null): Parameter {
  const [rows, width] = table.dims as [number, number];
  return {
    dims: [rows - first, width],
    read: async () => {
      const shifted = (await table.read()).slice(first * width);
      const row = await added?.read();
      if (row) for (let i = 0; i < shifted.length; i++) shifted[i] = shifted[i]! + row[i % width]!;
      return shifted;
    },
  };
}

/** Publishes `states` float32 (batch, places, width) and `embedding` float32 (batch, width). */
export function textOutputs(
  g: GraphBuilder,
  lastLayer: string,
  mask: string,
  width: number,
  { pooling, unitLength }: TextEncoderOptions,
): void {
  const states = g.toFloat32(lastLayer);
  const pooled = pooling === 'mean' ? meanOfTokens(g, states, mask) : firstToken(g, states);
  const embedding = unitLength
    ? g.add('LpNormalization', [pooled], { attributes: { axis: -1, p: 2 } })
    : pooled;
  g.output('states', states, 'float32', ['batch', 'places', width]);
  g.output('embedding', embedding, 'float32', ['batch', width]);
}

function meanOfTokens(g: GraphBuilder, states: string, mask: string): string {
  const weights = g.cast(mask, 'float32');
  const sums = g.add('MatMul', [g.add('Unsqueeze', [weights, g.integers([1])]), states]);
  const counts = g.add('ReduceSum', [weights, g.integers([1])]);
  return g.add('Div', [g.add('Squeeze', [sums, g.integers([1])]), counts]);
}

function firstToken(g: GraphBuilder, states: string): string {
  return g.add('Gather', [states, g.integers([0], [])], { attributes: { axis: 1 } });
}
