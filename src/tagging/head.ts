import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { offsetAt, slopeAt } from './calibration.js';

const headLabelShape = z.object({
  id: z.string(),
  /** Log-odds of the label in the training texts: the answer before anything was heard or seen. */
  prior: z.number(),
  /** Probability at and above which the label is ACCEPTED. */
  threshold: z.number().min(0).max(1),
  calibration: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  bias: z.number(),
  /** One a source of the text layout. */
  weights: z.array(z.number()),
});

const headShape = z.object({
  /** ln(1 + content words) of the training texts, for calibration by length. */
  length: z.object({
    mean: z.number(),
    deviation: z.number().positive(),
    least: z.number(),
    most: z.number(),
  }),
  labels: z.array(headLabelShape),
});

export type HeadLabel = z.infer<typeof headLabelShape>;

/** The classifier over the text model's scores: one calibrated linear model a label. */
export type Head = z.infer<typeof headShape>;

/** @throws Failure MODEL_INVALID when the file is missing or not as documented */
export async function readHead(file: string): Promise<Head> {
  try {
    return headShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure('MODEL_INVALID', `${file} is missing or damaged: fetch the pack's files again.`, {
      cause,
    });
  }
}

/**
 * A label's log-odds from the text alone: constant + Σ over sources of gain · weight · score.
 * As scores add up over lines, so does everything but the constant.
 */
export function textLogit(label: HeadLabel, scores: Float32Array, u: number): number {
  const { gain, constant } = textTerms(label, u);
  return constant + gain * weighted(label, scores);
}

/** What a line's scores add to the label's log-odds. */
export function lineContribution(label: HeadLabel, scores: Float32Array, u: number): number {
  return textTerms(label, u).gain * weighted(label, scores);
}

function textTerms(label: HeadLabel, u: number): { gain: number; constant: number } {
  const calibration = { coefficients: label.calibration };
  const gain = slopeAt(calibration, u);
  return { gain, constant: gain * label.bias + offsetAt(calibration, u) };
}

function weighted(label: HeadLabel, scores: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < scores.length; j++) sum += label.weights[j]! * scores[j]!;
  return sum;
}
