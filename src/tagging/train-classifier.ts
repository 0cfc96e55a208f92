import { Failure } from '../failure.js';
import { builtModule, ThreadPool } from '../inference/threads.js';
import type { Signal } from '../signals/signal.js';
import type { LabelMapping, Taxonomy } from './taxonomy.js';
import type { Aim } from './training/aim.js';
import type { trainerTasks } from './training/trainer-thread.js';
import type { TrainingRow } from './training-row.js';

export interface TrainingOptions {
  /** The labels to learn; without it those that occur in the rows. */
  taxonomy?: Taxonomy;
  /** Names that rows may use for the taxonomy's labels. */
  mapping?: LabelMapping;
  /** What reads the vectors: chosen by cross-validation, or named. Without vectors there is nothing to choose. */
  head: 'auto' | 'linear' | 'hidden';
  /** Groups to learn; none given: all. */
  groups?: readonly string[];
  seed: number;
  aim: Aim;
  /** Encoders that made the rows' vectors. */
  models: Partial<Record<Signal, string>>;
}

export const TRAINING_STAGES = ['reading', 'words', 'vectors', 'calibration', 'writing'] as const;
export type TrainingStage = (typeof TRAINING_STAGES)[number];

export interface TrainingProgress {
  stage: TrainingStage;
  done: number;
  of: number;
}

export interface TrainedClassifier {
  /** The classifier's file: see `classifier-file.ts`. */
  bytes: Buffer;
  /** Measured out of fold on the training rows. */
  figures: Record<string, unknown>;
  /** sha256 over the rows and what they say: the same for the same data, in any order. */
  fingerprint: string;
}

/** What crosses to the training thread. */
export interface TrainingTask {
  rows: TrainingRow[];
  options: TrainingOptions;
}

/** Steps that a stage's progress is told in. */
const OF = 100;

/**
 * Trains a classifier in threads of its own, so that the caller's event loop stays free. The same rows, options and seed
 * give the same bytes.
 * @throws Failure BAD_INPUT when nothing can be learned from the rows, CANCELLED when `signal` is aborted
 */
export async function trainClassifier(
  rows: TrainingRow[],
  options: TrainingOptions,
  progress: (progress: TrainingProgress) => void,
  signal: AbortSignal,
): Promise<TrainedClassifier> {
  const threads = new ThreadPool<typeof trainerTasks>(
    builtModule('./training/trainer-thread.js', import.meta.url),
    1,
  );
  try {
    const told = (share: number) => progress(stageAt(share));
    const task: TrainingTask = { rows, options };
    const { bytes, ...rest } = await threads.run('train', task, { signal, progress: told });
    if (signal.aborted) throw new Failure('CANCELLED', 'The training was cancelled.');
    return { bytes: Buffer.from(bytes), ...rest };
  } finally {
    await threads.close();
  }
}

/** A thread tells one share of everything: each stage has as much of it. */
export function shareOf({ stage, done, of }: TrainingProgress): number {
  return (TRAINING_STAGES.indexOf(stage) + 0.999 * (done / Math.max(1, of))) / TRAINING_STAGES.length;
}

function stageAt(share: number): TrainingProgress {
  const place = share * TRAINING_STAGES.length;
  const stage = TRAINING_STAGES[Math.min(TRAINING_STAGES.length - 1, Math.floor(place))]!;
  return { stage, done: Math.round(((place % 1) / 0.999) * OF), of: OF };
}
