import { Failure } from '../../failure.js';
import { isTold } from '../quality.js';
import { randomStream } from '../random.js';
import type { TrainingRow } from '../training-row.js';
import { type InputLayout, inputsOf, type Present, SIGNALS, writeInputs } from '../vector-head.js';
import type { HeadLesson } from './linear-head.js';

/** Which signals the rows have, with the mean and the deviation of their numbers. @throws Failure BAD_INPUT */
export function layoutOf(rows: readonly TrainingRow[]): InputLayout {
  const layout: InputLayout = { signals: [], mean: new Float32Array(), scale: new Float32Array() };
  const means: number[] = [];
  const scales: number[] = [];
  for (const signal of SIGNALS) {
    const vectors = rows.flatMap(({ vectors }) => vectors[signal] ?? []);
    const width = vectors[0]?.length ?? 0;
    const odd = rows.find(({ vectors }) => vectors[signal] && vectors[signal].length !== width);
    if (odd) {
      throw new Failure(
        'BAD_INPUT',
        `Row ${odd.id} has a ${signal} vector of ${odd.vectors[signal]!.length} numbers, others of ${width}: embed all rows with the same pack.`,
      );
    }
    if (width === 0) continue;
    layout.signals.push({ signal, width });
    for (let k = 0; k < width; k++) {
      const mean = vectors.reduce((sum, vector) => sum + vector[k]!, 0) / vectors.length;
      const variance = vectors.reduce((sum, vector) => sum + (vector[k]! - mean) ** 2, 0) / vectors.length;
      means.push(mean);
      scales.push(variance > 1e-12 ? 1 / Math.sqrt(variance) : 0);
    }
  }
  return { ...layout, mean: Float32Array.from(means), scale: Float32Array.from(scales) };
}

/** How a label's positives weigh against its negatives: (negatives / positives) to this power. */
const BALANCE = 0.5;
/** Each title once as it is, and once with signals left out at random. */
export const VARIANTS = 2;
const LEFT_OUT = 0.5;

/**
 * The rows as a head learns from them. The second half repeats the first with each signal, words among them, left out
 * with probability ½ (modality dropout, Neverova et al. 2016), one always staying: so one head serves trailers with and without
 * words. Both halves count half.
 * @param offsets rows × labels: logits of the words by models that never saw the row; counts as 0 where words are missing
 */
export function vectorLesson(
  rows: readonly TrainingRow[],
  layout: InputLayout,
  { targets, offsets, seed }: { targets: Float32Array; offsets: Float32Array; seed: number },
): HeadLesson {
  const labels = targets.length / rows.length;
  const inputs = inputsOf(layout);
  const random = randomStream(seed);
  const asTheyAre = rows.map(presentIn);
  const variants = [...asTheyAre, ...asTheyAre.map((present) => leaveOut(present, random))];
  const x = new Float32Array(variants.length * inputs);
  const offset = new Float32Array(variants.length * labels);
  variants.forEach((present, i) => {
    writeInputs(layout, present, x.subarray(i * inputs, (i + 1) * inputs));
    const row = i % rows.length;
    if (present.hasWords) offset.set(offsets.subarray(row * labels, (row + 1) * labels), i * labels);
  });
  const once = importanceOf(targets, labels);
  const target = targets.map((value) => (Number.isNaN(value) ? 0 : value));
  return { inputs, labels, x, offset, target: twice(target), importance: twice(once) };
}

export function presentIn({ vectors, lines }: TrainingRow): Present {
  return { vectors, hasWords: isTold(lines) };
}

function leaveOut({ vectors, hasWords }: Present, random: () => number): Present {
  const there = [...SIGNALS.filter((signal) => vectors[signal]), ...(hasWords ? ['words' as const] : [])];
  const kept = there.filter(() => random() >= LEFT_OUT);
  const staying = kept.length > 0 ? kept : [there[Math.floor(random() * there.length)]];
  return {
    vectors: Object.fromEntries(
      Object.entries(vectors).filter(([signal]) => staying.includes(signal as never)),
    ),
    hasWords: staying.includes('words'),
  };
}

function importanceOf(targets: Float32Array, labels: number): Float32Array {
  const positives = new Float64Array(labels);
  const negatives = new Float64Array(labels);
  targets.forEach((target, at) => {
    if (Number.isNaN(target)) return;
    positives[at % labels] = positives[at % labels]! + target;
    negatives[at % labels] = negatives[at % labels]! + 1 - target;
  });
  const heavier = positives.map((n, j) => (n > 0 ? (Math.max(n, negatives[j]!) / n) ** BALANCE : 1));
  return targets.map((target, at) =>
    Number.isNaN(target) ? 0 : (1 - target + target * heavier[at % labels]!) / VARIANTS,
  );
}

function twice(values: Float32Array): Float32Array {
  const out = new Float32Array(VARIANTS * values.length);
  for (let k = 0; k < VARIANTS; k++) out.set(values, k * values.length);
  return out;
}
