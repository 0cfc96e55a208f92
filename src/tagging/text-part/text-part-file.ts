import { z } from 'zod';
import { Failure } from '../../failure.js';
import type { OnnxData } from '../../inference/onnx.js';
import { knowing, type TextPart } from './text-part.js';

/** A text part as a file holds it: some values, and arrays by name with their sizes. */
export interface EncodedTextPart {
  metadata: object;
  tensors: Record<string, { dims: number[]; data: OnnxData }>;
}

const shape = z.object({ labels: z.number().int().positive() });

/** Tensors: `textTerms` (UTF-8, one a line), `textEmphasis`, `textCodes` (terms × labels), `textScale`, `textBias`. */
export function encodeTextPart(part: TextPart): EncodedTextPart {
  const { labels, terms, vocabulary, codes, scale, bias } = part;
  const names = new Uint8Array(Buffer.from(terms.join('\n')));
  return {
    metadata: { labels },
    tensors: {
      textTerms: { dims: [names.length], data: names },
      textEmphasis: { dims: [terms.length], data: vocabulary.idf },
      textCodes: { dims: [terms.length, labels], data: codes },
      textScale: { dims: [terms.length], data: scale },
      textBias: { dims: [labels], data: bias },
    },
  };
}

/** @throws Failure MODEL_INVALID when a value or an array is missing or of another size */
export function decodeTextPart({ metadata, tensors }: EncodedTextPart): TextPart {
  const parsed = shape.safeParse(metadata);
  if (!parsed.success) throw damaged(parsed.error);
  const { labels } = parsed.data;
  const names = Buffer.from(take(tensors, 'textTerms', Uint8Array)).toString('utf8');
  const terms = names === '' ? [] : names.split('\n');
  return {
    labels,
    ...knowing(terms, take(tensors, 'textEmphasis', Float32Array, terms.length)),
    codes: take(tensors, 'textCodes', Int8Array, terms.length * labels),
    scale: take(tensors, 'textScale', Float32Array, terms.length),
    bias: take(tensors, 'textBias', Float32Array, labels),
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
