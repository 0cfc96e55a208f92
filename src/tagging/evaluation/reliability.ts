import { sigmoid } from '../calibration.js';
import { BINS } from './answered.js';

/** Answers whose probability lies in one part of 0 … 1. */
export interface ReliabilityBin {
  from: number;
  to: number;
  answers: number;
  /** Mean probability, and the share that is true; null without answers. */
  probability: number | null;
  share: number | null;
}

/** What probabilities promised beside what came true, over all known answers. */
export function reliabilityOf(logOdds: Float32Array, truth: Int8Array): ReliabilityBin[] {
  const answers = new Float64Array(BINS);
  const promised = new Float64Array(BINS);
  const kept = new Float64Array(BINS);
  truth.forEach((value, at) => {
    if (value === 0) return;
    const probability = sigmoid(logOdds[at]!);
    const bin = Math.min(BINS - 1, Math.floor(probability * BINS));
    answers[bin]!++;
    promised[bin] = promised[bin]! + probability;
    if (value > 0) kept[bin]!++;
  });
  return Array.from(answers, (count, bin) => ({
    ...{ from: bin / BINS, to: (bin + 1) / BINS, answers: count },
    probability: count === 0 ? null : promised[bin]! / count,
    share: count === 0 ? null : kept[bin]! / count,
  }));
}
