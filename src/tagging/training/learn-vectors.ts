import type { ThreadPool } from '../../inference/threads.js';
import { FOLDS, indices } from '../cross-fit.js';
import type { TrainingRow } from '../training-row.js';
import { headLogits, type InputLayout, inputsOf, type VectorHead, writeInputs } from '../vector-head.js';
import { crossEntropy } from './calibrator.js';
import type { fitTasks } from './fit-thread.js';
import { layoutOf, presentIn, VARIANTS, vectorLesson } from './vector-lesson.js';

export type HeadKind = 'linear' | 'hidden';

/** A way to train a head; `strength` is the L2 penalty for one row. */
export type HeadChoice = { kind: 'linear'; strength: number } | { kind: 'hidden' };

const STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1];

export interface VectorSource {
  rows: readonly TrainingRow[];
  /** rows × labels. */
  targets: Float32Array;
  /** rows × labels: logits of the words by models that never saw the row. */
  offsets: Float32Array;
  folds: Uint8Array;
  labels: number;
  seed: number;
}

export interface LearnedVectors {
  head: VectorHead;
  /** rows × labels: logits, the words' included, by models that never saw the row. */
  unseen: Float32Array;
  /** Mean cross-entropy of each way on rows that it never saw, in nats an answer. */
  losses: { choice: HeadChoice; loss: number }[];
}

/** Tries each way by cross-validation, and trains the best one on all rows. */
export async function learnVectors(
  source: VectorSource,
  head: 'auto' | HeadKind,
  threads: ThreadPool<typeof fitTasks>,
  progress: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<LearnedVectors> {
  const layout = layoutOf(source.rows);
  const choices: HeadChoice[] = [
    ...(head === 'hidden' ? [] : STRENGTHS.map((strength): HeadChoice => ({ kind: 'linear', strength }))),
    ...(head === 'linear' ? [] : [{ kind: 'hidden' } as const]),
  ];
  const of = choices.length * FOLDS + 1;
  let done = 0;
  const told = <T>(value: T): T => {
    progress(++done, of);
    return value;
  };
  const tried = await Promise.all(
    choices.map(async (choice) => {
      const unseen = await crossLogits(source, layout, choice, threads, signal, told);
      const { loss, answers } = crossEntropy(unseen, source.targets);
      return { choice, unseen, loss: loss / Math.max(1, answers) };
    }),
  );
  const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
  const all = source.rows.map((_, i) => i);
  return {
    head: told(await fitOn(source, all, layout, best.choice, threads, signal)),
    unseen: best.unseen,
    losses: tried.map(({ choice, loss }) => ({ choice, loss })),
  };
}

async function crossLogits(
  source: VectorSource,
  layout: InputLayout,
  choice: HeadChoice,
  threads: ThreadPool<typeof fitTasks>,
  signal: AbortSignal,
  told: <T>(value: T) => T,
): Promise<Float32Array> {
  const unseen = source.offsets.slice();
  await Promise.all(
    Array.from({ length: FOLDS }, async (_, fold) => {
      const others = indices(source.folds, (f) => f === fold);
      const seen = indices(source.folds, (f) => f !== fold);
      if (others.length === 0 || seen.length === 0) return told(null);
      const head = told(await fitOn(source, seen, layout, choice, threads, signal));
      for (const row of others) addHead(head, source, row, unseen);
      return null;
    }),
  );
  return unseen;
}

function addHead(head: VectorHead, { rows, labels }: VectorSource, row: number, to: Float32Array): void {
  const present = presentIn(rows[row]!);
  const inputs = new Float32Array(inputsOf(head.layout));
  writeInputs(head.layout, present, inputs);
  headLogits(head, inputs).forEach((logit, j) => {
    const at = row * labels + j;
    to[at] = (present.hasWords ? to[at]! : 0) + logit;
  });
}

async function fitOn(
  { rows, targets, offsets, labels, seed }: VectorSource,
  chosen: readonly number[],
  layout: InputLayout,
  choice: HeadChoice,
  threads: ThreadPool<typeof fitTasks>,
  signal: AbortSignal,
): Promise<VectorHead> {
  const pick = (from: Float32Array) => {
    const out = new Float32Array(chosen.length * labels);
    chosen.forEach((row, k) => {
      out.set(from.subarray(row * labels, (row + 1) * labels), k * labels);
    });
    return out;
  };
  const lesson = vectorLesson(
    chosen.map((row) => rows[row]!),
    layout,
    { targets: pick(targets), offsets: pick(offsets), seed },
  );
  if (choice.kind === 'hidden') {
    const weights = await threads.run('hidden', { lesson, seed, variants: VARIANTS }, { signal });
    return { kind: 'hidden', layout, ...weights };
  }
  const strength = choice.strength * chosen.length;
  return { kind: 'linear', layout, ...(await threads.run('linear', { lesson, strength }, { signal })) };
}
