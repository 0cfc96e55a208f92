import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { CLIP, timeWeights } from '../signals/features.js';
import { SHOT_FEATURES } from '../signals/picture-features.js';
import type { Signal, SignalEmbedding } from '../signals/signal.js';
import { STRETCH_FEATURES } from '../signals/sound-features.js';

/** What the moments of each signal carry, in the order of their vectors. A cue may read nothing else. */
const MOMENT_FEATURES: Record<'PICTURE' | 'SOUND', readonly string[]> = {
  PICTURE: Object.keys(SHOT_FEATURES),
  SOUND: Object.keys(STRETCH_FEATURES),
};

const cues = z.object({
  version: z.literal(1),
  /** The most that all cues of one label may add to its logit or take from it. */
  bound: z.number().positive(),
  /** Where the directions come from, by the name that a cue gives in `because`. */
  reasons: z.record(z.string(), z.string()),
  cues: z.array(
    z.object({
      label: z.string(),
      signal: z.enum(['PICTURE', 'SOUND']),
      feature: z.string(),
      /** Logits a deviation of the feature. */
      weight: z.number(),
      because: z.string(),
    }),
  ),
});

/**
 * Weak cues: what picture and sound say of a mood or a genre before anybody has labelled pictures. They are
 * directions from the literature with weights set by hand, not learned (docs/signals.md, "Cues").
 */
export type Cues = z.infer<typeof cues>;

/** What one moment of a signal added to a label's logit. */
export interface CueContribution {
  signal: Signal;
  /** Index into the embedding's `moments`. */
  moment: number;
  logit: number;
}

export interface CueLogit {
  label: string;
  /** The sum of the contributions, within −bound … bound. */
  logit: number;
  /** Empty where the label has no cue in the signals at hand. */
  contributions: CueContribution[];
}

/**
 * Reads models/cues.json.
 * @param labels the taxonomy's label ids; a cue for any other label is an error
 * @throws Failure MODEL_INVALID for an unknown label, feature or reason, and for a label whose cues can pass the bound
 */
export async function readCues(file: string, labels: readonly string[]): Promise<Cues> {
  let read: Cues;
  try {
    read = cues.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Failure(
      'MODEL_INVALID',
      `The cues in ${file} are missing or damaged. Restore the file from the repository.`,
      {
        cause,
      },
    );
  }
  const wrong = firstMistake(read, labels);
  if (wrong)
    throw new Failure('MODEL_INVALID', `The cues in ${file} are not usable: ${wrong}. Correct the file.`);
  return read;
}

function firstMistake({ bound, reasons, cues: all }: Cues, labels: readonly string[]): string | null {
  const reach = new Map<string, number>();
  for (const cue of all) {
    if (!labels.includes(cue.label)) return `there is no label ${cue.label}`;
    if (!MOMENT_FEATURES[cue.signal].includes(cue.feature))
      return `${cue.signal} has no feature ${cue.feature}`;
    if (!(cue.because in reasons)) return `there is no reason ${cue.because}`;
    reach.set(cue.label, (reach.get(cue.label) ?? 0) + Math.abs(cue.weight) * CLIP);
  }
  const over = [...reach].find(([, most]) => most > bound + 1e-9);
  return over ? `the cues of ${over[0]} can add ${over[1].toFixed(2)}, the bound is ${bound}` : null;
}

/**
 * What the cues say of each label: Σ weight · feature, a feature being the mean over the moments of its signal,
 * weighted by time, exactly as in the signal's vector. Linear, so each moment's part is exact. A missing signal
 * adds nothing.
 */
export function cueLogits(
  embeddings: readonly SignalEmbedding[],
  labels: readonly string[],
  { cues: all }: Cues,
): CueLogit[] {
  const contributions = new Map(labels.map((label) => [label, [] as CueContribution[]]));
  for (const { signal, vector, moments } of embeddings) {
    if (vector === null || moments.length === 0) continue;
    const shares = timeWeights(moments);
    for (const [label, weights] of weightsOf(all, signal)) {
      contributions.get(label)?.push(
        ...moments.map((each, moment) => ({
          ...{ signal, moment },
          logit:
            shares[moment]! *
            weights.reduce((sum, { place, weight }) => sum + weight * each.vector[place]!, 0),
        })),
      );
    }
  }
  return labels.map((label) => {
    const own = contributions.get(label)!;
    return { label, logit: own.reduce((sum, { logit }) => sum + logit, 0), contributions: own };
  });
}

interface CueWeight {
  /** Of the feature in a moment's vector. */
  place: number;
  weight: number;
}

/** The cues of one signal, by label: found once, for a catalog is tagged by the same ones. */
function weightsOf(all: Cues['cues'], signal: Signal): ReadonlyMap<string, CueWeight[]> {
  const known = found.get(all) ?? new Map<Signal, ReadonlyMap<string, CueWeight[]>>();
  found.set(all, known);
  const weights = known.get(signal) ?? findWeights(all, signal);
  known.set(signal, weights);
  return weights;
}
const found = new WeakMap<Cues['cues'], Map<Signal, ReadonlyMap<string, CueWeight[]>>>();

function findWeights(all: Cues['cues'], signal: Signal): ReadonlyMap<string, CueWeight[]> {
  const weights = new Map<string, CueWeight[]>();
  for (const cue of all) {
    if (cue.signal !== signal) continue;
    const own = weights.get(cue.label) ?? [];
    if (own.length === 0) weights.set(cue.label, own);
    own.push({ place: MOMENT_FEATURES[cue.signal].indexOf(cue.feature), weight: cue.weight });
  }
  return weights;
}
