import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { readOnnx } from '../inference/onnx/read.js';
import {
  type OnnxData,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  writeOnnx,
} from '../inference/onnx.js';
import type { Classifier } from './classifier.js';
import { FEWEST_WORDS } from './quality.js';
import { decodeTextPart, encodeTextPart } from './text-part/text-part-file.js';
import { HIDDEN_TENSORS, hiddenDims } from './training/graphs.js';
import { inputsOf, SIGNALS, type VectorHead } from './vector-head.js';

/** Where a classifier comes from. */
export interface ClassifierOrigin {
  /** sha256 over the rows and what they say. */
  dataFingerprint: string;
  rows: number;
  seed: number;
  aim: string;
  /** Version of the code that trained it. */
  code: string;
  /** Measured out of fold while it was trained. */
  figures: Record<string, unknown>;
  /** `fingerprintRow` of each row that it learned from. */
  learnedFrom: ReadonlySet<string>;
}

const KEY = 'marquee.classifier';
/** Changes whenever older files would be read wrongly. */
const VERSION = 1;

const n = z.number();
const coefficients = z.tuple([n, n, n, n, n.optional()]);
const lengths = z.object({ mean: n, deviation: n, least: n, most: n });
const knots = z.object({ from: z.array(z.number()), to: z.array(z.number()) });
const about = z.object({
  version: z.literal(VERSION),
  labels: z.array(
    z.object({
      id: z.string(),
      group: z.string(),
      name: z.string(),
      prior: z.number(),
      threshold: z.number().min(0).max(1).nullable(),
      leastWords: z.number().int().default(FEWEST_WORDS),
    }),
  ),
  calibrator: z.discriminatedUnion('method', [
    z.object({ method: z.literal('platt'), labels: z.array(coefficients) }),
    z.object({ method: z.literal('temperature'), factor: z.number() }),
    z.object({ method: z.literal('isotonic'), labels: z.array(knots) }),
  ]),
  length: lengths,
  paragraphs: lengths.nullable().default(null),
  models: z.partialRecord(z.enum(SIGNALS), z.string()),
  text: z.record(z.string(), z.unknown()).nullable(),
  head: z
    .object({
      kind: z.enum(['linear', 'hidden']),
      signals: z.array(z.object({ signal: z.enum(SIGNALS), width: z.number().int().positive() })),
    })
    .nullable(),
  origin: z.object({
    dataFingerprint: z.string(),
    rows: z.number().int(),
    seed: z.number().int(),
    aim: z.string(),
    code: z.string(),
    figures: z.record(z.string(), z.unknown()),
  }),
});

/**
 * The bytes of a classifier's ONNX file; the same classifier gives the same bytes. Its graph takes `words` (n, labels:
 * the text part's logits, 0 without words) and, where there is a head, `x` (n, inputs as `writeInputs` lays them out),
 * and gives `logits` (n, labels) before calibration. Everything else is metadata and further tensors.
 */
export function writeClassifier(classifier: Classifier, origin: ClassifierOrigin): Buffer {
  const { labels, calibrator, scale, models, text, vectors } = classifier;
  const { learnedFrom, ...told } = origin;
  const encoded = text && encodeTextPart(text);
  const metadata: z.input<typeof about> = {
    version: VERSION,
    ...{ labels, calibrator, ...scale, models },
    text: encoded ? (encoded.metadata as Record<string, unknown>) : null,
    head: vectors && { kind: vectors.kind, signals: vectors.layout.signals },
    origin: told,
  };
  const hashes = Buffer.from([...learnedFrom].sort().join(''), 'hex');
  const weights: OnnxTensor[] = [
    tensor('learnedFrom', [learnedFrom.size, 8], new Uint8Array(hashes)),
    ...Object.entries(encoded?.tensors ?? {}).map(([name, { dims, data }]) => tensor(name, dims, data)),
    ...(vectors ? headTensors(vectors) : []),
  ];
  const file = writeOnnx({
    ...graphOf(vectors, labels.length),
    weights,
    metadata: { [KEY]: JSON.stringify(metadata) },
  });
  return Buffer.from(file);
}

/** @throws Failure MODEL_INVALID when the bytes are no classifier, or one of another version */
export function readClassifier(bytes: Uint8Array): { classifier: Classifier; origin: ClassifierOrigin } {
  const { metadata, tensors } = readOnnx(bytes);
  const parsed = about.safeParse(JSON.parse(metadata[KEY] ?? 'null'));
  if (!parsed.success)
    throw new Failure('MODEL_INVALID', 'The file is no classifier of this version: train it again.', {
      cause: parsed.error,
    });
  const { labels, calibrator, length, paragraphs, models, text, head, origin } = parsed.data;
  const classifier: Classifier = {
    ...{ labels, calibrator, scale: { length, paragraphs } },
    models: models as Classifier['models'],
    text: text && decodeTextPart({ metadata: text, tensors }),
    vectors: head && readHead(head, tensors),
  };
  const hashes = Buffer.from(arrayOf(tensors, 'learnedFrom', Uint8Array)).toString('hex');
  return { classifier, origin: { ...origin, learnedFrom: new Set(hashes.match(/.{16}/g) ?? []) } };
}

/** `trained@` and the first 12 digits of the file's sha256. */
export function nameClassifier(bytes: Uint8Array): string {
  return `trained@${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
}

function graphOf(head: VectorHead | null, labels: number): Omit<OnnxGraph, 'weights'> {
  const words = { name: 'words', type: 'float32' as const, dims: ['n', labels] };
  const x = { name: 'x', type: 'float32' as const, dims: head ? ['n', inputsOf(head.layout)] : [] };
  return {
    name: 'marquee-classifier',
    inputs: head ? [words, x] : [words],
    outputs: [{ name: 'logits', type: 'float32', dims: ['n', labels] }],
    nodes: head
      ? [...headNodes(head.kind), { operator: 'Add', inputs: ['words', 'read'], outputs: ['logits'] }]
      : [{ operator: 'Identity', inputs: ['words'], outputs: ['logits'] }],
  };
}

/** `x` → `read`. */
function headNodes(kind: VectorHead['kind']): OnnxNode[] {
  if (kind === 'linear')
    return [{ operator: 'Gemm', inputs: ['x', 'headWeights', 'headBias'], outputs: ['read'] }];
  return [
    { operator: 'Gemm', inputs: ['x', 'head.inner', 'head.innerBias'], outputs: ['inner'] },
    { operator: 'Relu', inputs: ['inner'], outputs: ['units'] },
    { operator: 'Gemm', inputs: ['units', 'head.outer', 'head.outerBias'], outputs: ['read'] },
  ];
}

function headTensors(head: VectorHead): OnnxTensor[] {
  const inputs = inputsOf(head.layout);
  const own =
    head.kind === 'linear'
      ? [
          tensor('headWeights', [inputs, head.bias.length], head.weights),
          tensor('headBias', [head.bias.length], head.bias),
        ]
      : hiddenTensors(head);
  return [
    tensor('inputMean', [head.layout.mean.length], head.layout.mean),
    tensor('inputScale', [head.layout.scale.length], head.layout.scale),
    ...own,
  ];
}

function hiddenTensors(head: Extract<VectorHead, { kind: 'hidden' }>): OnnxTensor[] {
  const dims = hiddenDims({
    inputs: inputsOf(head.layout),
    hidden: head.innerBias.length,
    labels: head.outerBias.length,
  });
  return HIDDEN_TENSORS.map((name) => tensor(`head.${name}`, [...dims[name]], head[name]));
}

type Tensors = ReturnType<typeof readOnnx>['tensors'];

function readHead(
  { kind, signals }: NonNullable<z.output<typeof about>['head']>,
  tensors: Tensors,
): VectorHead {
  const numbers = (name: string) => arrayOf(tensors, name, Float32Array);
  const layout = { signals, mean: numbers('inputMean'), scale: numbers('inputScale') };
  if (kind === 'linear') return { kind, layout, weights: numbers('headWeights'), bias: numbers('headBias') };
  return {
    ...{ kind, layout, inner: numbers('head.inner'), innerBias: numbers('head.innerBias') },
    ...{ outer: numbers('head.outer'), outerBias: numbers('head.outerBias') },
  };
}

function arrayOf<T extends OnnxData>(tensors: Tensors, name: string, kind: new (n: number) => T): T {
  const data = tensors[name]?.data;
  if (data instanceof kind) return data;
  throw new Failure('MODEL_INVALID', `The classifier's file has no ${name}: train the classifier again.`);
}

/** float32 and whole numbers by what holds them. */
function tensor(name: string, dims: number[], data: OnnxData): OnnxTensor {
  return { name, type: typeOf(data), dims, data };
}

function typeOf(data: OnnxData): OnnxTensor['type'] {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint16Array) return 'float16';
  return 'int64';
}
