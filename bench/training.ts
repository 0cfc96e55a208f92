// npm run bench -- training [--json]: linear heads of 20,000 rows × 1,500 numbers × 50 labels, three ways.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ThreadPool } from '../src/inference/threads.js';
import { randomStream } from '../src/tagging/random.js';
import type { fitTasks } from '../src/tagging/training/fit-thread.js';
import type { HeadLesson, LinearWeights } from '../src/tagging/training/linear-head.js';
import { linearSlopes } from './training/plain.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const ROWS = 20_000;
const INPUTS = 1_500;
const LABELS = 50;
const STRENGTH = 20;
/** Labels that liblinear is timed on: all of them would take a quarter of an hour. */
const MEASURED = 4;
const PYTHON = '/usr/bin/python3';
const PYTHON_MS = 900_000;

interface Line {
  way: string;
  seconds: number;
  note: string;
}

export async function run({ json }: { json: boolean }): Promise<void> {
  const lesson = madeUp();
  const lines: Line[] = [];
  const started = performance.now();
  const weights = await inThreads(lesson);
  const seconds = (performance.now() - started) / 1000;
  const own = objectives(lesson, weights);
  lines.push({
    way: 'marquee, ONNX graphs',
    seconds,
    note: `all ${LABELS} labels; objective of the first ${MEASURED}: ${firstOf(own).toFixed(1)}`,
  });
  lines.push(plainLine(lesson, weights));
  lines.push(...(await liblinearLines(lesson)));
  print(lines, json);
}

/** Rows whose labels hang on a tenth of the numbers, with noise; one row in ten has a label. */
function madeUp(): HeadLesson {
  const random = randomStream(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const x = Float32Array.from({ length: ROWS * INPUTS }, normal);
  const truth = Float32Array.from({ length: INPUTS * LABELS }, () => (random() < 0.1 ? normal() * 0.3 : 0));
  const target = new Float32Array(ROWS * LABELS);
  const logits = new Float64Array(LABELS);
  for (let i = 0; i < ROWS; i++) {
    logits.fill(-4);
    for (let k = 0; k < INPUTS; k++) {
      const value = x[i * INPUTS + k]!;
      for (let j = 0; j < LABELS; j++) logits[j] = logits[j]! + value * truth[k * LABELS + j]!;
    }
    logits.forEach((logit, j) => {
      target[i * LABELS + j] = random() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    });
  }
  const size = ROWS * LABELS;
  return {
    ...{ inputs: INPUTS, labels: LABELS, x, target },
    importance: new Float32Array(size).fill(1),
    offset: new Float32Array(size),
  };
}

/** The labels shared out among as many threads as there are cores. */
async function inThreads(lesson: HeadLesson): Promise<LinearWeights[]> {
  const size = availableParallelism();
  const threads = new ThreadPool<typeof fitTasks>(
    new URL('tagging/training/fit-thread.js', `file://${root}/dist/`),
    size,
  );
  try {
    const parts = Array.from({ length: size }, (_, k) => someLabels(lesson, k, size));
    return await Promise.all(
      parts.map((part) => threads.run('linear', { lesson: part, strength: STRENGTH })),
    );
  } finally {
    await threads.close();
  }
}

/** Labels k, k + of, k + 2·of … */
function someLabels(lesson: HeadLesson, k: number, of: number): HeadLesson {
  const own = Array.from({ length: LABELS }, (_, j) => j).filter((j) => j % of === k);
  const pick = (from: Float32Array) =>
    Float32Array.from(
      { length: ROWS * own.length },
      (_, at) => from[Math.floor(at / own.length) * LABELS + own[at % own.length]!]!,
    );
  return {
    ...lesson,
    labels: own.length,
    target: pick(lesson.target),
    importance: pick(lesson.importance),
    offset: pick(lesson.offset),
  };
}

/** ½·strength·‖w‖² + loss of each label, in their order. */
function objectives(lesson: HeadLesson, parts: readonly LinearWeights[]): Float64Array {
  const found = new Float64Array(LABELS);
  parts.forEach(({ weights, bias }, k) => {
    const part = someLabels(lesson, k, parts.length);
    const { losses } = linearSlopes(part, weights, bias);
    Array.from(losses).forEach((loss, j) => {
      const squares = weights.reduce((sum, w, at) => sum + (at % part.labels === j ? w * w : 0), 0);
      found[k + j * parts.length] = loss + 0.5 * STRENGTH * squares;
    });
  });
  return found;
}

const firstOf = (values: Float64Array) => values.slice(0, MEASURED).reduce((sum, value) => sum + value, 0);

/** One loss and gradient in plain TypeScript: L-BFGS takes some fifty. */
function plainLine(lesson: HeadLesson, [first]: readonly LinearWeights[]): Line {
  const part = someLabels(lesson, 0, LABELS / first!.bias.length);
  const started = performance.now();
  linearSlopes(part, first!.weights, first!.bias);
  const seconds = ((performance.now() - started) / 1000) * (LABELS / part.labels);
  return { way: 'plain TypeScript', seconds, note: 'a single loss and gradient of all labels, on one core' };
}

async function liblinearLines(lesson: HeadLesson): Promise<Line[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marquee-training-'));
  try {
    const bytes = (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await writeFile(path.join(folder, 'x.f32'), bytes(lesson.x));
    await writeFile(path.join(folder, 'y.f32'), bytes(lesson.target));
    const script = path.join(root, 'bench/training/liblinear.py');
    const args = [script, folder, ROWS, INPUTS, LABELS, MEASURED, STRENGTH].map(String);
    const { stdout } = await execa(PYTHON, args, { timeout: PYTHON_MS });
    const { seconds, objective } = JSON.parse(stdout) as { seconds: number; objective: number };
    return [
      {
        way: 'scikit-learn, liblinear',
        seconds: (seconds * LABELS) / MEASURED,
        note: `${MEASURED} labels took ${seconds.toFixed(1)} s on two processes, objective ${objective.toFixed(1)}; times ${LABELS / MEASURED}`,
      },
    ];
  } catch {
    process.stderr.write(`bench training: no liblinear, for ${PYTHON} has no scikit-learn.\n`);
    return [];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function print(lines: Line[], json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`);
  else
    for (const { way, seconds, note } of lines)
      process.stdout.write(`${way.padEnd(26)}${seconds.toFixed(1).padStart(8)} s   ${note}\n`);
}
