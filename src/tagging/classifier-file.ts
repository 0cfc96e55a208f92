import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { readOnnx } from '../inference/onnx/read.js';
import { type OnnxData, type OnnxTensor, writeOnnx } from '../inference/onnx.js';
import type { Classifier } from './classifier.js';
import { decodeTextPart, encodeTextPart } from './text-part/text-part-file.js';
import { HIDDEN_TENSORS } from './training/graphs.js';
import { SIGNALS, type VectorHead } from './vector-head.js';

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

const quadruple = z.tuple([z.number(), z.number(), z.number(), z.number()]);
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
    }),
  ),
  calibrator: z.discriminatedUnion('method', [
    z.object({ method: z.literal('platt'), labels: z.array(quadruple) }),
    z.object({ method: z.literal('temperature'), factor: z.number() }),
    z.object({ method: z.literal('isotonic'), labels: z.array(knots) }),
  ]),
  length: z.object({ mean: z.number(), deviation: z.number(), least: z.number(), most: z.number() }),
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

/** The bytes of a classifier's ONNX file; the same classifier gives the same bytes. */
export function writeClassifier(classifier: Classifier, origin: ClassifierOrigin): Buffer {
  const { labels, calibrator, length, models, text, vectors } = classifier;
  const { learnedFrom, ...told } = origin;
  const encoded = text && encodeTextPart(text);
  const metadata: z.input<typeof about> = {
    version: VERSION,
    ...{ labels, calibrator, length, models },
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
    name: 'marquee-classifier',
    inputs: [{ name: 'logits', type: 'float32', dims: ['n', labels.length] }],
    outputs: [{ name: 'answers', type: 'float32', dims: ['n', labels.length] }],
    nodes: [{ operator: 'Identity', inputs: ['logits'], outputs: ['answers'] }],
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
  const { labels, calibrator, length, models, text, head, origin } = parsed.data;
  const classifier: Classifier = {
    ...{ labels, calibrator, length },
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

function headTensors(head: VectorHead): OnnxTensor[] {
  const inputs = head.layout.mean.length + head.layout.signals.length + 1;
  const own =
    head.kind === 'linear'
      ? [
          tensor('headWeights', [inputs, head.bias.length], head.weights),
          tensor('headBias', [head.bias.length], head.bias),
        ]
      : HIDDEN_TENSORS.map((name) => tensor(`head.${name}`, [head[name].length], head[name]));
  return [
    tensor('inputMean', [head.layout.mean.length], head.layout.mean),
    tensor('inputScale', [head.layout.scale.length], head.layout.scale),
    ...own,
  ];
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
