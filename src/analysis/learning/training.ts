import path from 'node:path';
import { saveClassifier } from '../../catalog/classifiers.js';
import { vectorFromBytes } from '../../catalog/vector-bytes.js';
import { Failure } from '../../failure.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ThreadPool } from '../../inference/threads.js';
import type { Signal } from '../../signals/signal.js';
import { TRAINING_STAGES } from '../../tagging/train-classifier.js';
import type { LearningJob, LearningParts } from './learning-job.js';
import type { LearningTasks, TrainingSource } from './tasks.js';
import { type TrainingRequest, trainingRequest } from './training-request.js';

/** Steps that progress is told in: tenths of a percent. */
const STEPS = 1_000;

/** What the stages of a training do, for people. */
const STAGE_WORDS: Record<(typeof TRAINING_STAGES)[number], string> = {
  reading: 'Reading the rows',
  words: 'Learning from the words',
  vectors: 'Learning from picture and sound',
  calibration: 'Calibrating',
  writing: 'Writing the file',
};

/**
 * Trains a classifier and stores it as a version, in the transaction that ends the run. A run that begins again gives
 * the same file for the same rows, and the same file is stored once.
 */
export async function trainFromRequest({ parts, hold, signal }: LearningJob): Promise<void> {
  const request = trainingRequest.parse(hold.run.request);
  const threads = new ThreadPool<LearningTasks>(parts.threadEntry, 1);
  try {
    const source = await sourceOf(parts, request.source);
    const progress = (share: number) => hold.progress(stepAt(share));
    const { name, head, groups, seed, aim } = request;
    const models = parts.pack.vectors;
    const trained = await threads.run(
      'train',
      { source, modelsFolder: parts.modelsFolder, options: { head, groups, seed, aim, models } },
      { signal, progress },
    );
    signal.throwIfAborted();
    const { bytes, figures, name: fingerprint, dataFingerprint, encoders } = trained;
    await hold.succeed(readySentence(name, figures), async (tx) => ({
      classifierId: await saveClassifier(tx, {
        ...{ pack: parts.pack.id, name, fingerprint, dataFingerprint, models: encoders },
        figures: figures as Prisma.InputJsonObject,
        author: hold.run.requestedBy,
        bytes: Uint8Array.from(bytes),
      }),
    }));
  } finally {
    await threads.runOnEach('shut', undefined).catch(() => undefined);
    await threads.close();
  }
}

/** Who activates a classifier should know what it does not answer. */
function readySentence(name: string, figures: Record<string, unknown>): string {
  const { length } = figures.leftOut as string[];
  const rest =
    length === 0
      ? ''
      : ` It learned too little of ${length} ${length === 1 ? 'label' : 'labels'} of its groups (\`leftOut\` in its figures): the classifier of the pack goes on answering them.`;
  return `The classifier ${name} is ready; activate it to use it.${rest}`;
}

async function sourceOf(parts: LearningParts, source: TrainingRequest['source']): Promise<TrainingSource> {
  if (source.kind === 'CATALOG')
    return { kind: 'CATALOG', url: parts.databaseUrl, models: parts.pack.vectors };
  const upload = await parts.prisma.upload.findUnique({ where: { id: source.uploadId } });
  if (!upload) throw new Failure('NOT_FOUND', `The upload ${source.uploadId} is gone. Send the rows again.`);
  return {
    kind: 'FILE',
    file: path.join(parts.config.dataFolder, 'store', upload.contentHash),
    name: upload.fileName,
    widths: await storedWidths(parts),
  };
}

/** How many numbers the vectors have that these encoders made of the catalog's trailers; of a signal without any, none. */
async function storedWidths({ prisma, pack }: LearningParts): Promise<Partial<Record<Signal, number>>> {
  const found = await Promise.all(
    Object.entries(pack.vectors).map(async ([signal, model]) => {
      const where = { signal: signal as Signal, model, vector: { not: null } };
      const stored = await prisma.signalVector.findFirst({ where, select: { vector: true } });
      return stored?.vector ? [[signal, vectorFromBytes(stored.vector).length]] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** @param share of the whole training that is done, 0 … 1; each stage has as much of it */
function stepAt(share: number) {
  const place = Math.min(TRAINING_STAGES.length - 1, Math.floor(share * TRAINING_STAGES.length));
  return { stage: STAGE_WORDS[TRAINING_STAGES[place]!], done: Math.round(share * STEPS), total: STEPS };
}
