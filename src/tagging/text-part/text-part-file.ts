import { z } from 'zod';
import { Failure } from '../../failure.js';
import type { OnnxData } from '../../inference/onnx.js';
import { placesOf } from './latent-space.js';
import { knowing, type LatentPart, type TextPart } from './text-part.js';

/** A text part as a file holds it: some values, and arrays by name with their sizes. */
export interface EncodedTextPart {
  metadata: object;
  tensors: Record<string, { dims: number[]; data: OnnxData }>;
}

const whole = z.number().int().positive();
const shape = z.object({ labels: whole, latent: z.object({ dimensions: whole, terms: whole }).optional() });

/**
 * Tensors: `textTerms` (UTF-8, one a line), `textEmphasis`, `textCodes` (terms × labels), `textScale`, `textBias`; where
 * latent semantics is read, `latentTerms`, `latentCodes` (its terms × dimensions), `latentScale`, `latentWeights`.
 */
export function encodeTextPart(part: TextPart): EncodedTextPart {
  const { labels, terms, vocabulary, codes, scale, bias, latent } = part;
  const names = new Uint8Array(Buffer.from(terms.join('\n')));
  return {
    metadata: {
      labels,
      ...(latent ? { latent: { dimensions: latent.dimensions, terms: latent.terms.length } } : {}),
    },
    tensors: {
      textTerms: { dims: [names.length], data: names },
      textEmphasis: { dims: [terms.length], data: vocabulary.idf },
      textCodes: { dims: [terms.length, labels], data: codes },
      textScale: { dims: [terms.length], data: scale },
      textBias: { dims: [labels], data: bias },
      ...(latent ? latentTensors(latent, labels) : {}),
    },
  };
}

/** @throws Failure MODEL_INVALID when a value or an array is missing or of another size */
export function decodeTextPart({ metadata, tensors }: EncodedTextPart): TextPart {
  const parsed = shape.safeParse(metadata);
  if (!parsed.success) throw damaged(parsed.error);
  const { labels, latent } = parsed.data;
  const names = Buffer.from(take(tensors, 'textTerms', Uint8Array)).toString('utf8');
  const terms = names === '' ? [] : names.split('\n');
  return {
    labels,
    ...knowing(terms, take(tensors, 'textEmphasis', Float32Array, terms.length)),
    codes: take(tensors, 'textCodes', Int8Array, terms.length * labels),
    scale: take(tensors, 'textScale', Float32Array, terms.length),
    bias: take(tensors, 'textBias', Float32Array, labels),
    latent: latent ? readLatent(latent, { tensors, labels, vocabulary: terms.length }) : null,
  };
}

function latentTensors(latent: LatentPart, labels: number): EncodedTextPart['tensors'] {
  const { dimensions, terms, codes, scale, weights } = latent;
  return {
    latentTerms: { dims: [terms.length], data: terms },
    latentCodes: { dims: [terms.length, dimensions], data: codes },
    latentScale: { dims: [terms.length], data: scale },
    latentWeights: { dims: [dimensions, labels], data: weights },
  };
}

function readLatent(
  { dimensions, terms: size }: { dimensions: number; terms: number },
  { tensors, labels, vocabulary }: Pick<EncodedTextPart, 'tensors'> & { labels: number; vocabulary: number },
): LatentPart {
  const terms = take(tensors, 'latentTerms', Int32Array, size);
  if (terms.some((term) => term < 0 || term >= vocabulary)) throw damaged('latentTerms');
  return {
    ...{ dimensions, terms, places: placesOf(terms, vocabulary) },
    codes: take(tensors, 'latentCodes', Int8Array, size * dimensions),
    scale: take(tensors, 'latentScale', Float32Array, size),
    weights: take(tensors, 'latentWeights', Float32Array, dimensions * labels),
  };
}

function take<T extends OnnxData>(
  tensors: EncodedTextPart['tensors'],
  name: string,
  kind: new (length: number) => T,
  length?: number,
): T {
  const data = tensors[name]?.data;
  if (!(data instanceof kind) || (length !== undefined && data.length !== length)) throw damaged(name);
  return data;
}

const damaged = (cause: unknown) =>
  new Failure('MODEL_INVALID', "The classifier's text model is damaged: train the classifier again.", {
    cause,
  });
