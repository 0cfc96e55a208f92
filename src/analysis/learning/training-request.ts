import { z } from 'zod';
import { requiredText } from '../../catalog/input.js';

/** The share of accepted tags that are to be right. */
export const precision = z
  .number('The precision is a number between 0 and 1.')
  .gt(0, 'The precision must be above 0.')
  .lt(1, 'The precision must be below 1.');

/** What a training is told. */
export const trainingRequest = z.object({
  /** Of the classifier that comes of it, for people. */
  name: requiredText('The name', 200),
  /** Rows of an uploaded file, or the labels of the catalog itself. */
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('UPLOAD'), uploadId: requiredText('The upload', 100) }),
    z.object({ kind: z.literal('CATALOG') }),
  ]),
  head: z.enum(['auto', 'linear', 'hidden']),
  /** None: every group that the rows have labels of. */
  groups: z.array(z.enum(['genre', 'mood', 'theme'])),
  seed: z
    .number()
    .int()
    .min(0, 'Give a seed from 0 on.')
    .max(2 ** 31 - 1),
  aim: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('best-f1') }),
    z.object({ kind: z.literal('precision'), floor: precision }),
  ]),
});

export type TrainingRequest = z.output<typeof trainingRequest>;
